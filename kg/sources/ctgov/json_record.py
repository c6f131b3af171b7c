"""A record in the form of the API, version 2: what is registered."""

from __future__ import annotations

import re

from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.json_fields import Field
from kg.sources.ctgov.json_results import adverse_events, baseline, flow, measures
from kg.sources.ctgov.registered import ArmGroup, Concept, Eligibility, Intervention, Registered
from kg.sources.safe_json import Json

NCT = re.compile(r"NCT[0-9]{8}")


def registered(record: Json) -> Registered:
    """Read one study.

    Raises RecordRefused, with the JSON pointer, where it is no study or a field has another type than its own.
    """
    whole = Field(record)
    if not isinstance(record, dict) or "protocolSection" not in record:
        raise RecordRefused(whole.place, "no protocolSection: not a study of the API, version 2; give a whole record")
    protocol = whole.at("protocolSection")
    identity, status = protocol.at("identificationModule"), protocol.at("statusModule")
    nct = identity.text("nctId")
    if not nct or not NCT.fullmatch(nct):
        raise RecordRefused(identity.at("nctId").place, f"nctId is {nct!r}; give one such as NCT02251431")
    design = protocol.at("designModule")
    info = design.at("designInfo")
    found = protocol.at("armsInterventionsModule")
    results = whole.at("resultsSection")
    locations = protocol.each("contactsLocationsModule", "locations")
    return Registered(
        nct=nct,
        org_id=identity.text("orgStudyIdInfo", "id"),
        secondary_ids=(
            *identity.texts("nctIdAliases"),
            *(i for info in identity.each("secondaryIdInfos") if (i := info.text("id"))),
        ),
        brief_title=identity.text("briefTitle") or identity.text("officialTitle") or nct,
        official_title=identity.text("officialTitle"),
        acronym=identity.text("acronym"),
        status=status.text("overallStatus"),
        why_stopped=status.text("whyStopped"),
        started=status.text("startDateStruct", "date"),
        completed=status.text("completionDateStruct", "date"),
        results_posted=status.text("resultsFirstPostDateStruct", "date"),
        study_type=design.text("studyType"),
        phases=design.texts("phases"),
        allocation=info.text("allocation"),
        model=info.text("interventionModel"),
        purpose=info.text("primaryPurpose"),
        masking=info.text("maskingInfo", "masking"),
        masked=info.texts("maskingInfo", "whoMasked"),
        enrolled=design.text("enrollmentInfo", "count"),
        enrolled_type=design.text("enrollmentInfo", "type"),
        countries=tuple(dict.fromkeys(c for place in locations if (c := place.text("country")))),
        conditions=protocol.texts("conditionsModule", "conditions"),
        condition_concepts=_concepts(whole.at("derivedSection", "conditionBrowseModule")),
        interventions=tuple(_intervention(i) for i in found.each("interventions")),
        intervention_concepts=_concepts(whole.at("derivedSection", "interventionBrowseModule")),
        arms=tuple(_arm(a) for a in found.each("armGroups")),
        eligibility=_eligibility(protocol.at("eligibilityModule")),
        flow=flow(results.at("participantFlowModule")),
        baseline=baseline(results.at("baselineCharacteristicsModule")),
        measures=measures(results.at("outcomeMeasuresModule")),
        events=adverse_events(results.at("adverseEventsModule")),
        place=whole.place,
    )


def _concepts(module: Field) -> tuple[Concept, ...]:
    return tuple(Concept(term, mesh.text("id")) for mesh in module.each("meshes") if (term := mesh.text("term")))


def _intervention(field: Field) -> Intervention:
    name = field.text("name")
    if not name:
        raise RecordRefused(field.place, "an intervention without a name; name it, or take it out")
    return Intervention(field.text("type"), name, field.texts("otherNames"), field.texts("armGroupLabels"))


def _arm(field: Field) -> ArmGroup:
    label = field.text("label")
    if not label:
        raise RecordRefused(field.place, "an arm without a label; name it, or take it out")
    names = tuple(_without_type(name) for name in field.texts("interventionNames"))
    return ArmGroup(label, field.text("type"), field.text("description"), names, field.place)


def _without_type(name: str) -> str:
    """Return an intervention named ``Drug: Name`` by its name."""
    kind, colon, rest = name.partition(": ")
    return rest if colon and rest and kind.replace(" ", "").replace("/", "").isalpha() else name


def _eligibility(module: Field) -> Eligibility:
    return Eligibility(
        sex=module.text("sex"),
        minimum_age=module.text("minimumAge"),
        maximum_age=module.text("maximumAge"),
        healthy_volunteers=module.flag("healthyVolunteers"),
        criteria=module.text("eligibilityCriteria"),
    )
