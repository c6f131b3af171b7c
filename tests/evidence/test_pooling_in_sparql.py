"""Pooling inside SPARQL: the same bits as the answers, nothing lost in silence, and what cannot be had is refused."""

from __future__ import annotations

import contextlib
import re

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import SKOS

from kg import functions, question, review
from kg.errors import EvidenceError, NotPoolable, QueryRefused
from kg.evidence.published import PublishedAnalysis
from kg.evidence_base import EvidenceBase
from kg.functions.names import CONTRAST, FN, FUNCTIONS
from kg.functions.pooling_engine import PoolingEngine
from kg.iris import BASE
from kg.model.answer import Answer
from kg.store import Solutions, plain
from kg.store.tokens import tokens
from tests.conftest import ROOT

PROLOGUE = f"""
PREFIX ev: <{BASE}ns#>
PREFIX evf: <{BASE}fn#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
BASE <{BASE}>
"""
PLACEBO = f"{BASE}drug/placebo"
NARROWER = "(ev:narrowerDrugOf|ev:inClass|ev:narrowerClassOf)*"
PAIRS = """
  ?trial ev:hasArm ?experimental , ?control .
  ?experimental ev:studied ?given .
  ?given ev:narrowerDrugOf* ?drug .
  ?control ev:role ?role .
  FILTER (?role IN (ev:placebo, ev:activePlacebo))
  FILTER NOT EXISTS { ?experimental ev:role ?same . FILTER (?same IN (ev:placebo, ev:activePlacebo)) }
"""
PAIN = "BIND (evf:contrast(?experimental, ?control, <outcome/pain-intensity>, <band/immediate-term>) AS ?c)"


def select(base: EvidenceBase, text: str) -> Solutions:
    return PoolingEngine(base).select(PROLOGUE + text)


def rows(base: EvidenceBase, text: str) -> list[dict[str, object]]:
    found = select(base, text)
    return [dict(zip(found.columns, map(plain, row), strict=True)) for row in found.rows]


def asked(analysis: PublishedAnalysis) -> str:
    """The query that selects the arms of an analysis of the review, in the words of SPARQL alone."""
    terms = analysis.terms
    control = (
        "?control ev:role ?role . FILTER (?role IN (ev:placebo, ev:activePlacebo))"
        if terms["comparator"] == PLACEBO
        else f"?control ev:studied ?other . ?other {NARROWER} <{terms['comparator']}> ."
    )
    options = [f"<{iri}>" for name in ("condition", "band", "instrument") if (iri := terms[name])]
    route = f"?experimental ev:route <{terms['route']}> ." if terms["route"] else ""
    values = " ".join(
        f"(evf:{name}(?c) AS ?{name})"
        for name in ("estimate", "standardError", "ciLow", "ciHigh", "pValue", "tau2", "i2", "q", "k", "participants")
    )
    return f"""SELECT {values} (evf:predictionLow(?c) AS ?low) (evf:shownHigh(?c) AS ?shown) (evf:measure(?c) AS ?m)
      (evf:reasons(?c) AS ?reasons)
    WHERE {{
      ?trial ev:hasArm ?experimental , ?control .
      ?experimental ev:studied ?given .
      ?given {NARROWER} <{terms["intervention"]}> .
      FILTER NOT EXISTS {{ ?control ev:studied/{NARROWER} <{terms["intervention"]}> }}
      {route} {control}
      BIND (evf:contrast({", ".join(["?experimental", "?control", f"<{terms['outcome']}>", *options])}) AS ?c)
    }}"""


def test_a_pool_in_a_query_is_that_of_the_answer_to_the_last_bit(base: EvidenceBase) -> None:
    """For every analysis of the review that has no levels of its own: those are of trials that the review assigned."""
    ground, protocol = base.ground(), base.protocol()
    compared = 0
    for analysis in review.analyses(protocol, ground):
        if analysis.levels:
            continue
        try:
            answer = review.answer(analysis, protocol, ground)
        except NotPoolable as error:
            (row,) = rows(base, asked(analysis))
            assert row["estimate"] is None
            assert str(error) in str(row["reasons"])
            continue
        found = rows(base, asked(analysis))
        assert len(found) == 1
        same(found[0], answer)
        compared += 1
    assert compared > 60


def same(row: dict[str, object], answer: Answer) -> None:
    pool = answer.pool
    heterogeneity = pool.heterogeneity
    wanted = {
        "estimate": pool.estimate,
        "standardError": pool.se,
        "ciLow": pool.ci[0] if pool.ci else None,
        "ciHigh": pool.ci[1] if pool.ci else None,
        "pValue": pool.p_value,
        "tau2": heterogeneity.tau2 if heterogeneity else None,
        "i2": heterogeneity.i2 if heterogeneity else None,
        "q": heterogeneity.q if heterogeneity else None,
        "k": pool.k,
        "participants": pool.participants.total,
        "low": pool.prediction_interval[0] if pool.prediction_interval else None,
        "shown": pool.display.ci[1] if pool.display else None,
        "m": answer.measure if answer.studies else None,
    }
    assert {name: row[name] for name in wanted} == wanted, answer.title
    for study in answer.studies:
        if not study.estimable:
            assert study.label in str(row["reasons"])


def test_options_are_those_of_a_question(base: EvidenceBase) -> None:
    wanted = base.ask(
        question(
            intervention="ketamine",
            comparator="placebo",
            outcome="any-adverse-event",
            protocol="none",
            measure="OR",
            method="PM",
            ci="hk",
        )
    )
    options = '<outcome/any-adverse-event>, "none", "OR", "PM", "knha"'
    (row,) = rows(
        base,
        f"""SELECT (evf:estimate(?c) AS ?e) (evf:ciLow(?c) AS ?l) (evf:tau2(?c) AS ?t) (evf:method(?c) AS ?m)
            (evf:interval(?c) AS ?i)
            WHERE {{ {PAIRS} FILTER (?drug = <drug/ketamine> && ?role = ev:placebo)
                     BIND (evf:contrast(?experimental, ?control, {options}) AS ?c) }}""",
    )
    assert wanted.pool.ci is not None
    assert wanted.pool.heterogeneity is not None
    assert (row["e"], row["l"], row["t"]) == (wanted.pool.estimate, wanted.pool.ci[0], wanted.pool.heterogeneity.tau2)
    assert (row["m"], row["i"]) == (wanted.method, wanted.ci_method)


def test_groups_having_order_and_limit_work_on_the_values_of_pools(base: EvidenceBase) -> None:
    every = rows(base, f"SELECT ?drug (evf:k(?c) AS ?k) WHERE {{ {PAIRS} {PAIN} }} GROUP BY ?drug")
    several = sorted((r for r in every if r["k"] > 1), key=lambda r: (-r["k"], r["drug"]))  # type: ignore[operator]
    assert len(several) >= 2
    text = f"SELECT ?drug (evf:k(?c) AS ?k) WHERE {{ {PAIRS} {PAIN} }} GROUP BY ?drug HAVING (evf:k(?c) > 1)"
    found = rows(base, f"{text} ORDER BY DESC(evf:k(?c)) ?drug LIMIT 1 OFFSET 1")
    assert found == several[1:2]
    assert rows(base, f"{text} ORDER BY DESC(?k) ?drug") == several


def test_other_aggregates_and_expressions_stand_beside_pools(base: EvidenceBase) -> None:
    found = rows(
        base,
        f"""SELECT ?kind (COUNT(DISTINCT ?trial) AS ?trials) (evf:k(?c) + 0.5 AS ?more) (COUNT(*) AS ?pairs)
            (IF(evf:k(?c) > 0, "pooled", "nothing") AS ?said)
            WHERE {{ {PAIRS} {PAIN} }} GROUP BY (STRAFTER(STR(?drug), "drug/") AS ?kind)""",
    )
    plainly = {
        str(r["kind"]): (r["trials"], r["pairs"])
        for r in (
            dict(zip(("kind", "trials", "pairs"), map(plain, row), strict=True))
            for row in base.store.select(
                f"""{PROLOGUE} SELECT ?kind (COUNT(DISTINCT ?trial) AS ?trials) (COUNT(*) AS ?pairs)
                WHERE {{ {PAIRS} }} GROUP BY (STRAFTER(STR(?drug), "drug/") AS ?kind)"""
            ).rows
        )
    }
    assert {r["kind"]: (r["trials"], r["pairs"]) for r in found} == plainly
    assert {r["said"] for r in found} == {"pooled", "nothing"}
    assert next(r["more"] for r in found if r["kind"] == "ketamine") == 6.5


def test_what_is_left_out_is_said_where_the_query_does_not_ask(base: EvidenceBase) -> None:
    found = select(base, f"SELECT ?drug (evf:estimate(?c) AS ?e) WHERE {{ {PAIRS} {PAIN} }} GROUP BY ?drug")
    assert found.columns == ("drug", "e", "notEstimable", "warnings")
    named = {str(plain(r[0])).removeprefix(f"{BASE}drug/"): str(plain(r[2])) for r in found.rows}
    assert "Schwartzman 2009: the outcome at other times only" in named["ketamine"]


def test_a_group_is_not_lost_to_a_row_that_lacks_a_term(base: EvidenceBase) -> None:
    text = f"""SELECT (evf:estimate(?c) AS ?e) (evf:notEstimable(?c) AS ?n) (evf:reasons(?c) AS ?why)
      WHERE {{ {{ {PAIRS} FILTER (?drug = <drug/ketamine>) }}
               UNION {{ VALUES (?experimental) {{ (<trial/sigtermans-2009/arm/ketamine>) }} }}
               UNION {{ VALUES (?experimental ?control) {{
                          (<trial/nowhere/arm/a> <trial/nowhere/arm/b>)
                          (<trial/sigtermans-2009/arm/ketamine> <trial/lynch-2005/arm/placebo>)
                          ("text" <trial/lynch-2005/arm/placebo>) }} }}
               {PAIN} }}"""
    (row,) = rows(base, text)
    (whole,) = rows(
        base, f"SELECT (evf:estimate(?c) AS ?e) WHERE {{ {PAIRS} FILTER (?drug = <drug/ketamine>) {PAIN} }}"
    )
    assert row["e"] == whole["e"]
    for reason in ("a row without ?control", "trial/nowhere/arm/a is not an arm", "two different trials", '"text"'):
        assert reason in str(row["why"])


def test_nobody_is_counted_twice(base: EvidenceBase) -> None:
    """Several outcomes or times of one trial are not pooled; a merged arm and its parts are not either."""
    open_band = "BIND (evf:contrast(?experimental, ?control, <outcome/pain-intensity>, ?band) AS ?c)"
    (row,) = rows(base, f"SELECT (evf:k(?c) AS ?k) WHERE {{ {PAIRS} ?band a ev:TimeBand {open_band} }}")
    assert row["k"] == 0
    assert "several options" in str(row["notEstimable"])
    outcomes = "BIND (evf:contrast(?experimental, ?control, ?o) AS ?c)"
    (row,) = rows(
        base,
        f"SELECT (evf:k(?c) AS ?k) WHERE {{ {PAIRS} VALUES ?o {{ <outcome/nausea> <outcome/headache> }} {outcomes} }}",
    )
    assert row["k"] == 0
    assert "several outcomes (outcome/headache, outcome/nausea)" in str(row["notEstimable"])
    sides = "<trial/lynch-2005/arm/ketamine>", "<trial/lynch-2005/arm/placebo>"
    arms = "VALUES (?experimental ?control) {{ ({0} {1}) ({1} {0}) }}".format(*sides)
    (row,) = rows(base, f"SELECT (evf:k(?c) AS ?k) WHERE {{ {arms} {PAIN} }}")
    assert row["k"] == 0
    assert "an arm of it stands on both sides" in str(row["notEstimable"])


def test_rows_that_share_arms_are_said_not_to_be_independent(base: EvidenceBase) -> None:
    found = rows(base, f"SELECT ?drug (evf:k(?c) AS ?k) WHERE {{ {PAIRS} {PAIN} }} GROUP BY ?drug")
    said = {str(r["drug"]).rpartition("/")[2]: "not independent" in str(r["warnings"]) for r in found}
    assert said["esketamine"], "its arms are counted with those of the wider drug"
    assert not said["magnesium-oxide"] or said["magnesium"]


def test_effects_of_single_pairs_are_those_of_the_studies(base: EvidenceBase) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity"}
    answer = base.ask(question(**words, band="immediate-term"))
    found = rows(
        base,
        f"""SELECT ?trial ?experimental (evf:effect(?c) AS ?yi) (evf:variance(?c) AS ?vi)
            WHERE {{ {PAIRS} FILTER (?drug = <drug/ketamine>) {PAIN} }}""",
    )
    known = {(r["trial"], r["experimental"]): (r["yi"], r["vi"]) for r in found}
    for study in answer.studies:
        assert known[study.trial, study.experimental.arm] == (study.yi, study.vi)
    for row in found:
        assert (row["yi"] is None) == bool(row["notEstimable"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT (evf:estimat(?c) AS ?e) WHERE { %s }", "the nearest are evf:estimate"),
        ("SELECT * WHERE { %s } HAVING (evf:k(?c) > 1)", r"SELECT \* is not taken"),
        ("SELECT (evf:k(?x) AS ?e) WHERE { %s }", "give it a variable that the WHERE binds"),
        ("SELECT (evf:k(?c) AS ?e) ?c WHERE { %s }", "is a contrast and has no value"),
        ("SELECT (evf:k(?c) AS ?e) WHERE { %s FILTER (evf:k(?c) > 1) }", "cannot stand inside WHERE"),
        ("SELECT (evf:k(?c) AS ?e) WHERE { %s FILTER (BOUND(?c)) }", "is a contrast and has no value"),
        ("SELECT (evf:k(?c) AS ?e) WHERE { { %s } }", "outermost WHERE"),
        ("SELECT (evf:k(?c) AS ?e) WHERE { %s } VALUES ?x { 1 }", "put it into the WHERE"),
        ("SELECT (evf:k(?c) AS ?e) WHERE { %s } GROUP BY (evf:k(?c) AS ?k)", "compare it in HAVING"),
        ("SELECT (evf:effect(?c) AS ?e) (evf:k(?c) AS ?k) WHERE { %s }", "ask in two queries"),
        ("SELECT ?drug (evf:effect(?c) AS ?e) WHERE { %s } GROUP BY ?drug", "ask for evf:estimate"),
        ("SELECT (evf:contrast(?a, ?b, ?o) AS ?e) WHERE { %s }", "no value of its own"),
        ("SELECT (evf:k(evf:contrast(?a, ?b)) AS ?e) WHERE { %s }", "an experimental arm, a control arm, an outcome"),
        ("SELECT (evf:k(evf:contrast(?a, ?b, 1 + 1)) AS ?e) WHERE { %s }", "no argument of evf:contrast"),
        ("ASK { %s }", "stand in SELECT queries"),
        ("CONSTRUCT { ?a ?b ?c } WHERE { %s }", "stand in SELECT queries"),
        ("SELECT (evf:k(?c) AS ?e) WHERE { %s", "not closed"),
        ("SELECT (evf:k(?c AS ?e) WHERE { %s }", "not closed|give it a variable"),
        ("SELECT (evf:k(?c) AS ?evf_0) WHERE { %s }", "kept for values of pools"),
        ("SELECT (evf:k(?c) AS ?e) WHERE { %s } NONSENSE", "cannot stand behind the WHERE"),
        ("SELECT ?experimental (evf:k(?c) AS ?e) WHERE { %s } GROUP BY ?drug", "parsed|unbound"),
    ],
)
def test_what_has_no_value_is_refused_and_said(text: str, said: str, base: EvidenceBase) -> None:
    with pytest.raises(QueryRefused) as refused:
        select(base, text % f"{PAIRS} {PAIN}")
    assert re.search(said, str(refused.value)), refused.value


@pytest.mark.parametrize("option", ['"nonsense"', "<drug/ketamine>", '"RR", "OR"', "<protocol/nothing>", "?drug"])
def test_a_wrong_option_is_a_reason_in_the_result(option: str, base: EvidenceBase) -> None:
    contrast = f"BIND (evf:contrast(?experimental, ?control, <outcome/nausea>, {option}) AS ?c)"
    (row,) = rows(base, f"SELECT (evf:k(?c) AS ?k) WHERE {{ {PAIRS} FILTER (?drug = <drug/memantine>) {contrast} }}")
    assert row["k"] == 0
    assert "not pooled: " in str(row["notEstimable"])


def test_every_function_has_a_value(base: EvidenceBase) -> None:
    pooled = [name for name, function in FUNCTIONS.items() if function.scope != "row"]
    values = " ".join(f"(evf:{name}(?c) AS ?{name})" for name in pooled)
    found = rows(base, f"SELECT {values} WHERE {{ {PAIRS} FILTER (?drug = <drug/ketamine>) {PAIN} }}")
    assert {name for name, value in found[0].items() if value is None} == set()


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("PREFIX f: <https://w3id.org/evigraph/fn#> SELECT (f:k(?c) AS ?k) {}", True),
        ("BASE <https://w3id.org/evigraph/> SELECT (<fn#k>(?c) AS ?k) {}", True),
        ("PREFIX e: <https://w3id.org/evigraph/> SELECT (e:fn\\#k(?c) AS ?k) {}", True),
        ("PREFIX f: <https://w3id.org/evigraph/f\\u006E#> SELECT (f:k(?c) AS ?k) {}", True),
        ("PREFIX f: <https://w3id.org/evigraph/fn#> SELECT ?s { ?s ?p 'f:k(?c)' }", False),
        ("SELECT ?s { ?s ?p ?o } # fn#k", False),
    ],
)
def test_calls_are_known_whatever_way_they_are_written(text: str, uses: bool) -> None:
    assert functions.used(text) is uses


def test_a_blank_node_is_refused_and_a_large_result_too(base: EvidenceBase) -> None:
    query = functions.apart(f"{PROLOGUE} SELECT ?x (evf:k(?c) AS ?k) WHERE {{ {PAIRS} {PAIN} }} GROUP BY ?x")
    found = Solutions(query.columns, [(BlankNode(), NamedNode("urn:a"), NamedNode("urn:b"))])
    with pytest.raises(QueryRefused, match="blank node"):
        functions.last_query(query, found, base.pools())
    row = (Literal("x"), NamedNode("urn:a"), NamedNode("urn:b"))
    with pytest.raises(EvidenceError, match="select fewer"):
        functions.last_query(query, Solutions(query.columns, [row] * (functions.MOST_ROWS + 1)), base.pools())


def test_every_function_is_described_and_no_other() -> None:
    graph = Graph().parse(ROOT / "ontology" / "functions.ttl")
    described = {str(s).removeprefix(FN): str(k) for s, k in graph.subject_objects(RDF.type) if FN in str(s)}
    assert set(described) == {CONTRAST, *FUNCTIONS}
    for name, kind in described.items():
        scope = "row" if name == CONTRAST else FUNCTIONS[name].scope
        assert kind.endswith("Function" if scope == "row" else "Aggregate"), name
        assert (URIRef(FN + name), SKOS.definition, None) in graph


@pytest.mark.parametrize("name", ["drug-by-drug", "by-decade", "benefit-and-harm"])
def test_a_text_with_a_part_missing_or_doubled_is_taken_apart_or_refused(name: str) -> None:
    text = (ROOT / "queries" / "pooling" / f"{name}.rq").read_text()
    found = list(tokens(text))
    for number, token in enumerate(found):
        for changed in (
            text[: token.start] + text[token.end :],
            text[: token.end] + " " + text[token.start :],
            text[: token.start],
            text[: token.start] + found[-number].text + text[token.end :],
        ):
            with contextlib.suppress(QueryRefused):
                if functions.used(changed):
                    functions.apart(changed)
