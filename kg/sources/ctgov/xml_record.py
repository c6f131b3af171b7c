"""A record in the old XML form, of both generations: what is registered."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from kg.sources.ctgov import codes
from kg.sources.ctgov.dates import iso
from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.registered import ArmGroup, Concept, Eligibility, Intervention, Registered
from kg.sources.ctgov.xml_fields import Node
from kg.sources.ctgov.xml_results import adverse_events, baseline, flow, measures

_NCT = re.compile(r"NCT[0-9]{8}")


def registered(root: Element) -> Registered:
    """Read one study.

    Raises RecordRefused, with path and line, where it is none.
    """
    whole = Node(root, "")
    if root.tag != "clinical_study":
        raise RecordRefused(whole.place, f"the root is {root.tag[:60]!r}; give a record whose root is clinical_study")
    nct = whole.text("id_info/nct_id")
    if not nct or not _NCT.fullmatch(nct):
        raise RecordRefused(whole.at("id_info/nct_id").place, f"nct_id is {nct!r}; give one such as NCT02305381")
    info, old = whole.at("study_design_info"), codes.design_parts(whole.text("study_design"))
    masking, masked = codes.masking(info.text("masking") or old.get("Masking"))
    results = whole.at("clinical_results")
    interventions = tuple(_intervention(i) for i in whole.each("intervention"))
    return Registered(
        nct=nct,
        org_id=whole.text("id_info/org_study_id"),
        secondary_ids=whole.texts("id_info/nct_alias") + whole.texts("id_info/secondary_id"),
        brief_title=whole.text("brief_title") or whole.text("official_title") or nct,
        official_title=whole.text("official_title"),
        acronym=whole.text("acronym"),
        status=codes.code(whole.text("overall_status")),
        why_stopped=whole.text("why_stopped"),
        started=iso(whole.text("start_date")),
        completed=iso(whole.text("completion_date")),
        results_posted=iso(whole.text("results_first_posted") or whole.text("firstreceived_results_date")),
        study_type=codes.code(whole.text("study_type")),
        phases=codes.phases(whole.text("phase")),
        allocation=codes.code(info.text("allocation") or old.get("Allocation")),
        model=codes.code(info.text("intervention_model") or old.get("Intervention Model")),
        purpose=codes.code(info.text("primary_purpose") or old.get("Primary Purpose")),
        masking=masking,
        masked=masked,
        enrolled=whole.text("enrollment"),
        enrolled_type=codes.code(whole.at("enrollment").attribute("type")),
        countries=whole.texts("location_countries/country"),
        conditions=whole.texts("condition"),
        condition_concepts=tuple(Concept(term, None) for term in whole.texts("condition_browse/mesh_term")),
        interventions=interventions,
        intervention_concepts=tuple(Concept(term, None) for term in whole.texts("intervention_browse/mesh_term")),
        arms=tuple(_arm(a, interventions) for a in whole.each("arm_group")),
        eligibility=_eligibility(whole.at("eligibility")),
        flow=flow(results.at("participant_flow")),
        baseline=baseline(results.at("baseline")),
        measures=measures(results.at("outcome_list")),
        events=adverse_events(results.at("reported_events")),
        place=whole.place,
    )


def _intervention(node: Node) -> Intervention:
    name = node.text("intervention_name")
    if not name:
        raise RecordRefused(node.place, "an intervention without a name; name it, or take it out")
    kind = codes.code(node.text("intervention_type"))
    return Intervention(kind, name, node.texts("other_name"), node.texts("arm_group_label"))


def _arm(node: Node, interventions: tuple[Intervention, ...]) -> ArmGroup:
    label = node.text("arm_group_label")
    if not label:
        raise RecordRefused(node.place, "an arm without a label; name it, or take it out")
    given = tuple(i.name for i in interventions if label in i.arm_labels)
    return ArmGroup(label, codes.code(node.text("arm_group_type")), node.text("description"), given, node.place)


def _eligibility(node: Node) -> Eligibility:
    accepts = (node.text("healthy_volunteers") or "").casefold()
    return Eligibility(
        sex=codes.code(node.text("gender")),
        minimum_age=_age(node.text("minimum_age")),
        maximum_age=_age(node.text("maximum_age")),
        healthy_volunteers=None if not accepts else accepts.startswith(("yes", "accepts")),
        criteria=node.text("criteria"),
    )


def _age(words: str | None) -> str | None:
    return None if words == "N/A" else words
