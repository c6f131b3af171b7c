"""RevMan 5 files (``.rm5``): the XML of a whole review, of which its studies, analyses and judgements are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import BinaryIO
from xml.etree.ElementTree import Element

from kg.errors import InputRefused
from kg.model.records import Origin
from kg.sources import safe_xml
from kg.sources.revman import codes
from kg.sources.revman.names import cochrane_number, decoded, doi, plain
from kg.sources.revman.numbers import decimal, shown, whole
from kg.sources.revman.reviewed import (
    DataRow,
    Fault,
    Judged,
    Kind,
    Outcome,
    PooledValue,
    ReviewOf,
    Settings,
    Side,
    StudyOf,
    Totals,
)

_KINDS: dict[str, Kind] = {"DICH": "dichotomous", "CONT": "continuous", "IV": "giv", "IPD": "oe"}
_TOTALS: dict[str, Totals] = {"YES": "all", "SUB": "subgroups", "NO": "none"}
_NUMBER = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}")
_RATINGS = ("YES", "NO", "UNKNOWN")


def read(stream: BinaryIO, name: str) -> ReviewOf:
    """Read a review.

    Raises InputRefused for XML with a document type, not well formed or beyond limits, for another kind of document,
    and for a setting that is not known; a row that cannot be read is a fault of the review.
    """
    root = safe_xml.tree(stream, name)
    if root.tag != "COCHRANE_REVIEW":
        raise InputRefused(f"{name}: the document is {shown(root.tag)}, not a COCHRANE_REVIEW; name a RevMan 5 file")
    return _Reading(root, name).review()


class _Reading:
    def __init__(self, root: Element, name: str) -> None:
        self._root, self._name = root, name
        self._faults: list[Fault] = []
        self._texts: list[str] = []
        self._studies = {
            study.get("ID", ""): study
            for study in root.iterfind("STUDIES_AND_REFERENCES/STUDIES/INCLUDED_STUDIES/STUDY")
        }

    def review(self) -> ReviewOf:
        root = self._root
        title = plain(root.findtext("COVER_SHEET/TITLE"))
        number = cochrane_number(root.get("DOI")) or cochrane_number(root.get("REVIEW_NO"))
        comparisons = list(root.iterfind("ANALYSES_AND_DATA/COMPARISON"))
        outcomes = tuple(outcome for comparison in comparisons for outcome in self._outcomes(comparison))
        return ReviewOf(
            identifier=number or title or self._name.removesuffix(".rm5"),
            title=title or number or self._name,
            origin=self._origin(root),
            doi=doi(root.get("DOI")),
            studies=tuple(self._included()),
            outcomes=outcomes,
            comparisons={c.get("NO", ""): plain(c.findtext("NAME")) for c in comparisons},
            texts=tuple(self._texts),
            faults=tuple(self._faults),
        )

    def _origin(self, element: Element) -> Origin:
        return Origin(self._name, safe_xml.line(element))

    def _study(self, identifier: str) -> str:
        """Return the name of a study; one that is not listed is called after its ID."""
        listed = self._studies.get(identifier)
        name = plain(listed.get("NAME")) if listed is not None else ""
        return name or plain(decoded(identifier).removeprefix("STD-").replace("-", " ")) or "unnamed study"

    def _included(self) -> Iterator[StudyOf]:
        judged: dict[str, list[Judged]] = {}
        for item in self._root.iterfind("QUALITY_ITEMS/QUALITY_ITEM"):
            domain = plain(item.findtext("NAME"))
            for entry in item.iterfind("QUALITY_ITEM_DATA/QUALITY_ITEM_DATA_ENTRY"):
                if (rating := entry.get("RESULT", "")) in _RATINGS:
                    judged.setdefault(entry.get("STUDY_ID", ""), []).append(Judged(self._origin(entry), domain, rating))
        for identifier, study in self._studies.items():
            yield StudyOf(
                name=self._study(identifier),
                origin=self._origin(study),
                year=study.get("YEAR") or None,
                judged=tuple(judged.get(identifier, ())),
            )

    def _outcomes(self, comparison: Element) -> Iterator[Outcome]:
        number = comparison.get("NO", "")
        for element in comparison:
            prefix, _, what = element.tag.rpartition("_")
            if what != "OUTCOME":
                continue
            if prefix == "OTHER":
                self._texts.append(f"{number}.{element.get('NO', '')} {plain(element.findtext('NAME'))}")
            elif prefix in _KINDS:
                yield self._outcome(number, element, prefix)
            else:
                raise InputRefused(
                    f"{self._origin(element)}: {element.tag} is not known; known are {', '.join(_KINDS)}"
                )

    def _outcome(self, comparison: str, element: Element, prefix: str) -> Outcome:
        settings = self._settings(element, prefix)
        subgroups = list(element.iterfind(f"{prefix}_SUBGROUP"))
        names = [plain(s.findtext("NAME")) or f"subgroup {s.get('NO', '')}" for s in subgroups]
        rows = list(self._rows(element, prefix, None, settings))
        values = [value for value in [self._value(element, None, settings)] if value]
        for name, subgroup in zip(names, subgroups, strict=True):
            rows += self._rows(subgroup, prefix, name, settings)
            values += [value for value in [self._value(subgroup, name, settings)] if value]
        return Outcome(
            number=self._numbered(comparison, element),
            comparison=comparison,
            name=plain(element.findtext("NAME")),
            origin=self._origin(element),
            settings=settings,
            experimental=plain(element.findtext("GROUP_LABEL_1")) or None,
            control=plain(element.findtext("GROUP_LABEL_2")) or None,
            subgroups=tuple(dict.fromkeys(names)),
            rows=tuple(rows),
            values=tuple(values),
        )

    def _numbered(self, comparison: str, element: Element) -> str:
        number = f"{comparison}.{element.get('NO', '')}"
        if not _NUMBER.fullmatch(number):
            raise InputRefused(f"{self._origin(element)}: NO is {shown(number)}; comparisons and outcomes are numbered")
        return number

    def _settings(self, element: Element, prefix: str) -> Settings:
        place, kind, words = self._origin(element), _KINDS[prefix], element.get("EFFECT_MEASURE")
        logs = element.get("LOG_DATA") == "YES" if prefix == "IV" else None
        code = codes.measure(words, of=kind, logs=logs)
        method = codes.method(element.get("METHOD"), place, random=element.get("RANDOM") == "YES", of=kind)
        totals = element.get("TOTALS", "YES")
        if totals not in _TOTALS:
            raise InputRefused(f"{place}: TOTALS is {shown(totals)}; known are {', '.join(_TOTALS)}")
        return Settings(
            measure=code,
            method=method,
            ci_level=self._level(element, "CI_TOTAL"),
            study_ci_level=self._level(element, "CI_STUDY"),
            totals=_TOTALS[totals],
            swapped=element.get("SWAP_EVENTS") == "YES",
            words=plain(words) or None,
        )

    def _level(self, element: Element, name: str) -> float:
        value = decimal(element.get(name), name, self._origin(element))
        if value is not None and not 50 <= value < 100:
            raise InputRefused(f"{self._origin(element)}: {name} is {value}; give percent from 50 to below 100, as 95")
        return 95.0 if value is None else float(value)

    def _value(self, element: Element, subgroup: str | None, settings: Settings) -> PooledValue | None:
        """Return the pooled value of an outcome or a subgroup, where RevMan computed one.

        An empty effect was not computed yet; where nothing is estimable RevMan writes an effect of 0 beside a tau2 that
        is no number. The logarithms in the file are of base 10: the ratios beside them are read.
        """
        place = self._origin(element)
        if settings.totals == "none" or (settings.totals == "subgroups" and subgroup is None):
            return None

        def number(name: str) -> Decimal | None:
            return decimal(element.get(name), name, place)

        estimate, low, high = number("EFFECT_SIZE"), number("CI_START"), number("CI_END")
        nothing = element.get("ESTIMABLE") == "NO" or element.get("TAU2", "").lower() == "nan"
        if estimate is None or nothing or (estimate == low == high == 0):
            return None
        people = [whole(element.get(name), name, place) or 0 for name in ("TOTAL_1", "TOTAL_2")]
        return PooledValue(
            origin=place,
            subgroup=subgroup,
            estimate=estimate,
            ci_low=low,
            ci_high=high,
            studies=whole(element.get("STUDIES"), "STUDIES", place),
            participants=sum(people) or None,
            i2=number("I2"),
            tau2=number("TAU2"),
            q=number("CHI2"),
            p_value=number("P_Z"),
        )

    def _rows(self, element: Element, prefix: str, subgroup: str | None, settings: Settings) -> Iterator[DataRow]:
        for row in element.iterfind(f"{prefix}_DATA"):
            try:
                yield self._row(row, _KINDS[prefix], subgroup, ratio=settings.measure in codes.ON_LOG_SCALE)
            except InputRefused as refused:
                place = str(self._origin(row))
                self._faults.append(Fault(place, str(refused).removeprefix(f"{place}: ")))

    def _row(self, row: Element, kind: Kind, subgroup: str | None, *, ratio: bool) -> DataRow:
        place = self._origin(row)

        def number(name: str) -> Decimal | None:
            return decimal(row.get(name), name, place)

        def count(name: str) -> int | None:
            return whole(row.get(name), name, place)

        sides = [
            Side(
                events=count(f"EVENTS_{n}") if kind in ("dichotomous", "oe") else None,
                total=count(f"TOTAL_{n}"),
                mean=number(f"MEAN_{n}") if kind == "continuous" else None,
                sd=number(f"SD_{n}") if kind == "continuous" else None,
            )
            for n in (1, 2)
        ]
        return DataRow(
            study=self._study(row.get("STUDY_ID", "")),
            origin=place,
            kind=kind,
            experimental=sides[0],
            control=sides[1],
            estimate=_generic(number, ratio=ratio) if kind == "giv" else None,
            se=number("SE") if kind == "giv" else None,
            observed_minus_expected=number("O_E") if kind == "oe" else None,
            variance=number("VAR") if kind == "oe" else None,
            weight=number("WEIGHT"),
            subgroup=subgroup,
        )


def _generic(number: Callable[[str], Decimal | None], *, ratio: bool) -> Decimal | None:
    """Return the estimate of a row of generic inverse variance, that of a ratio on the natural-log scale.

    It stands in ESTIMATE as it was entered. EFFECT_SIZE alone is as displayed: a ratio, unless it cannot be one.
    """
    entered, displayed = number("ESTIMATE"), number("EFFECT_SIZE")
    if entered is not None or displayed is None or not ratio or displayed <= 0:
        return displayed if entered is None else entered
    return displayed.ln()
