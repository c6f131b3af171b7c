"""A review or an answer of the store as RevMan's tables, with the risk of bias that the store knows of its trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pyoxigraph import NamedNode

from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase
from kg.formats.revman import Judgement, files, packed
from kg.iris import EV, SKOS
from kg.model.analysis_rule import AS_THE_PROTOCOL_SAYS
from kg.model.answer import Answer

__all__ = ["of", "of_review", "packed", "write"]

_WORDS = {"low": "Low risk", "some-concerns": "Some concerns", "unclear": "Unclear risk", "high": "High risk"}


def of(base: EvidenceBase, kind: str, name: str) -> dict[str, bytes]:
    """Return the tables of a review, by its protocol, or of an answer, by its id.

    Raises UnknownTerm, InputRefused.
    """
    return of_review(base, name) if kind == "review" else _of_answer(base, base.answered(name))


def of_review(base: EvidenceBase, name: str) -> dict[str, bytes]:
    """Return the tables of a review, every analysis as it is answered from the store.

    Raises UnknownTerm where no protocol has that name, InputRefused where it names no review.
    """
    chosen, answers = base.review(name)
    rules = [chosen.analysis(answer.analysis or "") for answer in answers]
    return files(chosen.name, list(zip(answers, rules, strict=True)), _judged(base, answers))


def _of_answer(base: EvidenceBase, answer: Answer) -> dict[str, bytes]:
    return files(f"answer-{answer.id}", [(answer, AS_THE_PROTOCOL_SAYS)], _judged(base, [answer]))


def _judged(base: EvidenceBase, answers: Iterable[Answer]) -> list[Judgement]:
    trials = {s.trial for a in answers for s in (*a.studies, *(s for g in a.subgroups for s in g.studies))}
    values = " ".join(str(NamedNode(trial)) for trial in sorted(trials))
    query = f"""
        SELECT ?trial ?domain ?rating WHERE {{
          VALUES ?trial {{ {values} }}
          ?judgement a <{EV}RiskOfBiasJudgement> ; <{EV}ofTrial> ?trial ; <{EV}rating> ?rating ; <{EV}domain> ?known .
          ?known <{SKOS}prefLabel> ?domain .
          FILTER NOT EXISTS {{ ?judgement <{EV}forOutcome> ?outcome }}
        }} ORDER BY ?trial ?known
    """
    rows = ([str(getattr(term, "value", term)) for term in row] for row in base.store.select(query).rows)
    return [Judgement(trial, domain, _WORDS.get(_grade(rating), _grade(rating))) for trial, domain, rating in rows]


def _grade(rating: str) -> str:
    return rating.rpartition("/")[2].partition("-")[2]


def write(found: Mapping[str, bytes], folder: Path) -> None:
    """Write tables into a folder, which is made where it is not there.

    Raises InputRefused where it cannot be written to.
    """
    try:
        for path, content in found.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = target.with_name(f".{target.name}.new")
            fresh.write_bytes(content)
            fresh.replace(target)
    except OSError as error:
        why = error.strerror or str(error)
        raise InputRefused(f"{folder} cannot be written to ({why}); name a folder that can be written to") from error
