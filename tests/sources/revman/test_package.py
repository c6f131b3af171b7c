"""Data packages as folders and zips, with their settings and values, and archives that are refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from kg import protocol
from kg.errors import InputRefused
from kg.model import records as r
from kg.model.analysis_rule import AnalysisRule
from kg.sources import revman
from kg.sources.incoming import Incoming, Unit
from kg.sources.revman import overall
from tests.sources.revman.revman_files import (
    comparison,
    dich,
    faults,
    new_rows,
    outcome,
    packed,
    protocol_text,
    read,
    rm5,
    rows,
    table,
    write,
)

COUNTS = {"Study": "Ann 2001", "Experimental cases": 3, "Experimental N": 10, "Control cases": 5, "Control N": 12}
SETTINGS = (*overall.REQUIRED, "Log-scale data", "Subgroup estimates", "Overall estimates", "Swap event and non-event",
            "Study CI", "Estimate CI", "Heterogeneity Tau²", "Experimental group label", "Control group label",
            "Analysis group name", "Heterogeneity estimator", "CI method", "CI/PI level")  # fmt: skip


def settings(**more: object) -> dict[str, object]:
    said = {"Data type": "Dichotomous", "Statistical method": "MH", "Effect measure": "Risk Ratio"}
    said |= {"Analysis model": "Fixed effect", "Analysis name": "Awake", "Analysis group": "1", "Analysis number": "1"}
    return {**said, **more}


def package(*lines: dict[str, object], name: str = "CD999999") -> dict[str, bytes]:
    data = [COUNTS | {"Analysis number": line["Analysis number"]} for line in lines]
    return {
        f"{name}-analysis-data/{name}-data-rows.csv": new_rows(*data),
        f"{name}-analysis-data/{name}-overall-estimates-and-settings.csv": table(SETTINGS, lines),
        f"{name}-study-data/{name}-study-information.csv": table(
            ("Study", "Year", "Data source", "Char: Methods"),
            [{"Study": "Ann 2001", "Year": "2001"}, {"Study": "Cy 2003", "Year": "2003"}],
        ),
        f"{name}-study-data/{name}-risk-of-bias.csv": table(
            ("Study", "Domain (judgement): Allocation concealment (selection bias)"),
            [{"Study": "Ann 2001", "Domain (judgement): Allocation concealment (selection bias)": "Unclear risk"}],
        ),
    }


def rule(items: list[Incoming], number: str = "1.1") -> AnalysisRule:
    return protocol.read(protocol_text(items), "the test").analysis(f"cd999999-{number}")


def test_the_package_of_fleiss_has_settings_values_and_years(shared: Path) -> None:
    items = list(revman.read(shared / "data/revman/revman-web-fleiss1993"))
    found = protocol.read(protocol_text(items), "x")
    one, two = (found.analysis(f"revman-web-fleiss1993-1.{n}") for n in (1, 2))
    assert (one.measure, one.method, two.measure, two.method) == ("OR", "MH", "SMD", "EE")
    values = [(x.analysis, x.estimate, x.participants) for x in rows(items, r.PublishedEstimate)]
    assert values == [("revman-web-fleiss1993-1.1", Decimal("0.896866"), 14186 + 13817)]
    assert {t.year for t in rows(items, r.Trial)} == {1971, 1973, 1974, 1975, 1976, 1977, 1979, 1980, 1988}
    assert not rows(items, r.RiskOfBias)


@pytest.mark.parametrize("way", ["folder", "zip", "zip in a zip", "bytes"])
def test_a_package_is_read_from_folders_and_zips(way: str, tmp_path: Path) -> None:
    files = package(settings(Mean="0.72", **{"CI start": "0.2", "CI end": "2"}))
    if way == "folder":
        items = list(revman.read(write(tmp_path / "some-package", files)))
    elif way == "bytes":
        items = read(packed(files), "CD999999-dataPackage.zip")
    else:
        content = packed(files) if way == "zip" else packed({"CD999999-files/CD999999-data.zip": packed(files)})
        path = tmp_path / "download.zip"
        path.write_bytes(content)
        assert revman.reads(path)
        items = list(revman.read(path))
    assert [u.source for u in items if isinstance(u, Unit)] == ["revman", "revman", "reviews", "analyses", "protocols"]
    assert {t.trial: (t.year, t.study_type) for t in rows(items, r.Trial)} == {
        "cd999999-ann-2001": (2001, "RandomisedTrial"),
        "cd999999-cy-2003": (2003, "Study"),
    }
    assert [x.estimate for x in rows(items, r.PublishedEstimate)] == [Decimal("0.72")]
    assert [(x.domain, x.rating) for x in rows(items, r.RiskOfBias)] == [
        ("rob1-allocation-concealment", "rob1-unclear")
    ]


def test_settings_of_packages_before_and_after_september_2024_travel() -> None:
    lines = [
        settings(**{"Analysis model": "Random effects", "Estimate CI": "99%", "Study CI": "90%"}),
        settings(
            **{
                "Analysis number": "2",
                "Statistical method": "IV",
                "Analysis model": "Random effects",
                "Heterogeneity estimator": "REML",
                "CI method": "HKSJ",
                "CI/PI level": "0.9",
            }
        ),
        settings(**{"Analysis number": "3", "Overall estimates": "false", "Subgroup estimates": "true"}),
        settings(**{"Analysis number": "4", "Overall estimates": "false", "Subgroup estimates": "false"}),
        settings(**{"Analysis number": "5", "Swap event and non-event": "true"}),
        settings(**{"Analysis number": "6", "Statistical method": "PETO", "Effect measure": "Peto Odds Ratio"}),
        settings(**{"Analysis number": "7", "Effect measure": "Risk Ratio (Non-event)"}),
    ]
    items = read(packed(package(*lines)), "p.zip")
    one, two, three, four, five, six, seven = (rule(items, f"1.{n}") for n in range(1, 8))
    assert (one.method, one.ci_level, one.study_ci_level) == ("DL-MH", 99.0, 90.0)
    assert (two.method, two.ci, two.ci_level) == ("REML", "hk", 90.0)
    assert (three.totals, four.totals, five.swapped, seven.swapped) == ("subgroups", "none", True, True)
    assert (six.measure, six.method) == ("PETO", "PETO")


def test_zeros_with_an_interval_of_zeros_were_not_computed() -> None:
    items = read(packed(package(settings(Mean="0", **{"CI start": "0", "CI end": "0"}))), "p.zip")
    assert not rows(items, r.PublishedEstimate)


def test_a_setting_that_is_not_known_is_told_and_the_analysis_reads_as_rows_alone() -> None:
    items = read(packed(package(settings(**{"Statistical method": "GUESS"}))), "p.zip")
    ((place, message),) = faults(items)
    assert place.endswith("overall-estimates-and-settings.csv:2")
    assert "'GUESS' is not known" in message
    assert rule(items).method == "DL"


def test_a_folder_may_hold_several_reviews(tmp_path: Path) -> None:
    files = {"CD000001.pub1-data-rows.csv": new_rows(COUNTS), "CD000002.pub3-data-rows.csv": new_rows(COUNTS)}
    files |= {"coffee.rm5": rm5(comparison(outcome("DICH", dich("STD-Ann-2001", 1, 10, 2, 12)))), "notes.txt": b"-"}
    folder = write(tmp_path / "reviews", files | package(settings(), name="CD000003"))
    assert revman.reads(folder)
    found = [u.name for u in revman.read(folder) if isinstance(u, Unit) and u.source == "reviews"]
    assert sorted(found) == ["cd000001-pub1", "cd000002-pub3", "cd000003", "cd999999"]


def test_the_same_table_twice_is_refused(tmp_path: Path) -> None:
    files = {"a/CD000001-data-rows.csv": new_rows(COUNTS), "b/CD000001-data-rows.csv": new_rows(COUNTS)}
    with pytest.raises(InputRefused, match="the same table as"):
        list(revman.read(write(tmp_path / "two", files)))


def test_nothing_of_revman_is_told_from_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "other", {"a.csv": b"trial,arm\r\n", "b.txt": b"x"})
    assert not revman.reads(folder)
    assert not revman.reads(folder / "a.csv")
    assert not revman.reads(tmp_path / "absent.csv")
    with pytest.raises(InputRefused, match="no review in it"):
        list(revman.read(folder))


def _climbing(archive: zipfile.ZipFile) -> None:
    archive.writestr("../CD999999-data-rows.csv", new_rows(COUNTS))


def _bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr("CD999999-data-rows.csv", b"0" * 60_000_000, zipfile.ZIP_DEFLATED)


def _link(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("CD999999-data-rows.csv")
    info.external_attr = 0o120777 << 16
    archive.writestr(info, "/etc/passwd")


def _nested(archive: zipfile.ZipFile) -> None:
    archive.writestr("a.zip", packed({"b.zip": packed({"CD999999-data-rows.csv": new_rows(COUNTS)})}))


@pytest.mark.parametrize(
    ("filled", "said"),
    [(_climbing, "leads out"), (_bomb, "times its size"), (_link, "is a link"), (_nested, "a zip in a zip in a zip")],
)
def test_a_hostile_archive_is_refused(filled: Callable[[zipfile.ZipFile], None], said: str, tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        filled(archive)
    with pytest.raises(InputRefused, match=r"package\.zip") as refused:
        list(revman.read(path))
    assert said in str(refused.value)


@pytest.mark.parametrize("cut", [30, 400])
def test_a_truncated_archive_is_refused(cut: int) -> None:
    data = packed(package(settings()))
    with pytest.raises(InputRefused, match=r"p\.zip"):
        read(data[:-cut], "p.zip")


def test_links_in_folders_are_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "outside.csv"
    target.write_bytes(new_rows(COUNTS))
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "CD999999-data-rows.csv").symlink_to(target)
    assert not revman.reads(folder)
