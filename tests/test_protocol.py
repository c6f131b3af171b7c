"""A protocol is read strictly: an unknown key, a wrong type, a value that no rule knows is refused with its place."""

from __future__ import annotations

import tomllib

import pytest

from kg import protocol
from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase
from tests.conftest import ROOT

PLACE = "protocols/mine.toml"
HEAD = 'name = "mine"\nlabel = "Mine"\n'


def test_a_protocol_of_nothing_has_the_defaults() -> None:
    read = protocol.read(HEAD, PLACE)
    assert read == protocol.Protocol(name="mine", label="Mine")
    assert (read.method, read.ci, read.active_placebo_is_placebo) == ("REML", "hk-adhoc", False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[pooling]\nmethdo = 'DL'", r"pooling\.methdo is not known; known are method, ci"),
        ("[pooling]\nmethod = 'XX'", r"pooling\.method is 'XX'; it must be one of DL"),
        ("[pooling]\nmethod = 3", r"pooling\.method is 3; it must be a str"),
        ("[pooling]\nci = 'hakn'", r"pooling\.ci is 'hakn'"),
        ("[pooling]\nsmd_variance = 'x'", "must be one of LS"),
        ("[pooling]\nzero_cells = '0.5'", "must be a float"),
        ("[pooling]\nzero_cells = true", "must be a float"),
        ("[pooling]\nminimum_for_prediction_interval = true", "must be a int"),
        ("[pooling]\nfinal_and_change_in_md = 1", "must be a bool"),
        ("[timepoints]\nwithin_band = 'middle'", "must be one of latest, earliest"),
        ("[timepoints]\nbands = 'short-term'", "must be a list"),
        ("[measures]\ncontinuous = 'RR'", "must be one of MD, SMD"),
        ("[measures]\ndichotomous = 'MD'", "must be one of RR, OR, RD"),
        ("[poling]\nmethod = 'DL'", "section poling is not known"),
        ("poling = 3", "section poling is not known"),
        ("pooling = 3", "section pooling is not known"),
        ("default = 'yes'", "must be a bool"),
        ("[outcomes.pain]\nscale = [100, 0]", r"outcomes\.pain\.scale is \[100, 0\]; give \[minimum, maximum\]"),
        ("[outcomes.pain]\nscale = [0]", r"give \[minimum, maximum\]"),
        ("[outcomes.pain]\nscal = [0, 1]", r"outcomes\.pain takes components, scale"),
        ("[outcomes]\npain = 3", r"outcomes\.pain takes"),
        ("outcomes = 3", "outcomes"),
        ("[outcomes.pain]\nscale = ['a', 'b']", "scale"),
        ("[outcomes.pain]\nminimally_important_difference = 'ten'", "minimally_important_difference"),
        ("[outcomes.pain]\nminimally_important_difference = -1", "minimally_important_difference"),
        ("[outcomes.pain]\ncomponents = 'delusion'", "components"),
        ("[outcomes.pain]\ncomponents = [1]", "a list of texts"),
        ("[outcomes.pain]\nscale = [nan, 1]", "scale"),
        ("[crossover]\nperiods = ['first']", r"crossover\.periods is .* must be one of firstPeriod"),
        ("[sources]\nprecedence = [1, 2]", "a list of texts"),
        ("[pooling]\nzero_cells = -0.5", "must be at least 0"),
        ("[pooling]\nzero_cells = nan", "must be at least 0"),
        ("[pooling]\nminimum_for_prediction_interval = 2", "must be at least 3"),
        ("[crossover]\ncorrelation = 1.0", r"crossover\.correlation is 1\.0; it must be below 1 and above -1"),
        ("[crossover]\ncorrelation = nan", "must be below 1"),
        ("[crossover]\ncorrelation = 'high'", "must be a float"),
        ("[cluster]\nicc = 1.0", r"cluster\.icc is 1\.0"),
        ("[cluster]\nicc = -0.1", "must be at least 0"),
        ("[cluster]\ncluster_rule = 'ignore'", "must be one of warn, design-effect, exclude"),
        ("[arms]\nshared_controls = 'twice'", "must be one of combine, split"),
        ("[derived]\npercentages = 1", "must be a bool"),
        ("[derived]\nmedians = 'no'", "must be a bool"),
        ("[sources]\ndenominators = ['all']", "must be one of randomisedParticipants"),
        ("[timepoints]\nband_limits = [0, 8]", "must be a dict"),
        (
            "[timepoints]\nband_limits = {short = [8]}",
            r"band_limits\.short is \[8\]; give \[first day, first day after",
        ),
        ("[timepoints]\nband_limits = {short = [8, 8]}", "give .first day, first day after"),
        ("[timepoints]\nband_limits = {short = [-1, 8]}", "give .first day, first day after"),
        ("[timepoints]\nband_limits = {short = ['a', 'b']}", "give .first day, first day after"),
        (
            "[timepoints]\nband_limits = {now = [0, 9], short = [8, 85]}",
            "now and short overlap; a day lies in one",
        ),
        ("[pooling", "not TOML .*; mend the file"),
    ],
)
def test_what_no_rule_knows_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InputRefused, match=rf"^{PLACE}: .*{said}"):
        protocol.read(HEAD + text, PLACE)


def test_the_rules_of_designs_times_and_derived_figures_are_read() -> None:
    text = """
[timepoints]
band_limits = { immediate-term = [0, 8], short-term = [8, 85.5] }
[crossover]
correlation = 0.5
[cluster]
cluster_rule = "design-effect"
icc = 0.02
[arms]
shared_controls = "split"
[derived]
percentages = false
medians = false
[sources]
denominators = ["safetyPopulation", "randomisedParticipants"]
"""
    read = protocol.read(HEAD + text, PLACE)
    assert read.band_limits == {"immediate-term": (0.0, 8.0), "short-term": (8.0, 85.5)}
    assert (read.correlation, read.cluster_rule, read.icc) == (0.5, "design-effect", 0.02)
    assert (read.shared_controls, read.percentages, read.medians) == ("split", False, False)
    assert read.denominators == ("safetyPopulation", "randomisedParticipants")
    plain = protocol.NONE
    assert (plain.correlation, plain.cluster_rule, plain.icc) == (None, "warn", None)
    assert (plain.shared_controls, plain.percentages, plain.medians) == ("combine", True, True)


@pytest.mark.parametrize("text", ["", 'name = "mine"', 'label = "Mine"'])
def test_name_and_label_are_required(text: str) -> None:
    with pytest.raises(InputRefused, match="name and label are required"):
        protocol.read(text, PLACE)


def test_every_key_of_the_bundled_protocol_reaches_its_rule() -> None:
    text = (ROOT / "data/protocols/cd015373.toml").read_text(encoding="utf-8")
    read, given = protocol.read(text, PLACE), tomllib.loads(text)
    for section in ("population", "comparators", "sources", "timepoints", "crossover", "measures", "pooling"):
        for key, value in given[section].items():
            assert getattr(read, key) == (tuple(value) if isinstance(value, list) else value), key
    assert read.outcome("pain-intensity").scale == (0.0, 100.0)
    assert read.outcome("psychotomimetic").components == ("dissociative", "hallucination")
    assert read.outcome("nausea") == protocol.OutcomeRule()
    assert protocol.is_default(text)
    assert not protocol.is_default(HEAD)


def test_the_store_has_its_default_and_none(base: EvidenceBase) -> None:
    assert base.protocol().name == base.protocol("CD015373").name == "cd015373"
    assert base.protocol("none") is protocol.NONE


def test_what_a_protocol_names_is_in_the_graph(base: EvidenceBase) -> None:
    read, known = base.protocol(), base.vocabulary
    for slug in read.out_of_scope:
        assert known.resolve(slug, "conditions").slug == slug
    for slug in read.bands:
        assert known.resolve(slug, "bands").slug == slug
    for slug, rule in read.outcomes.items():
        assert [known.resolve(s, "outcomes").slug for s in (slug, *rule.components)] == [slug, *rule.components]
    assert read.review is not None
    assert known.resolve(read.review, "reviews").slug == read.included_by
