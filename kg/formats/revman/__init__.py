"""RevMan's CSV: the data package of a review, and the four templates by which RevMan takes in studies."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from kg.formats.revman import analysis_data, study_data
from kg.formats.revman.study_data import Judgement
from kg.model.analysis_rule import AnalysisRule
from kg.model.answer import Answer

__all__ = ["Judgement", "files", "packed"]


def files(name: str, answers: Sequence[tuple[Answer, AnalysisRule]], judged: Iterable[Judgement]) -> dict[str, bytes]:
    """Return the files of a data package, by their path in it.

    Two folders, as RevMan has them: the analysis data with all settings and pooled values, and the study data, which
    are the templates that RevMan imports.
    """
    made = {f"{name}-analysis-data/{name}-{t}.csv": c for t, c in analysis_data.tables(answers).items()}
    studies = study_data.tables([answer for answer, _ in answers], judged)
    return made | {f"{name}-study-data/{name}-{t}.csv": c for t, c in studies.items()}


def packed(found: Mapping[str, bytes]) -> bytes:
    """Return files as a zip, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(found.items()):
            archive.writestr(zipfile.ZipInfo(path, date_time=(2020, 1, 1, 0, 0, 0)), content)
    return out.getvalue()
