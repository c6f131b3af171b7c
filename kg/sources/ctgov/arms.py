"""The arms of a record: those registered, and the groups of results that cannot be matched to one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg.errors import InputRefused
from kg.iris import slug
from kg.model.records import Arm, Words
from kg.sources.ctgov.characteristics import women_by_title
from kg.sources.ctgov.components import Components, arms_by_intervention, components, intervention
from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.frame import SOURCE, Frame
from kg.sources.ctgov.numbers import whole
from kg.sources.ctgov.posted import Group, Period
from kg.sources.ctgov.registered import ArmGroup, Registered
from kg.sources.ctgov.words import folded, group_title

_ROLES = {
    "EXPERIMENTAL": "experimental",
    "PLACEBO_COMPARATOR": "placebo",
    "SHAM_COMPARATOR": "placebo",
    "ACTIVE_COMPARATOR": "active",
    "NO_INTERVENTION": "usualCare",
}
_LONGEST_SLUG = 60


class Arms:
    """The arms of one record, and which of them a group of its results is.

    A group is matched by its title, then by the name of an intervention that one arm alone studies. Groups that match
    nothing are arms of their own, one for each title, and say so.
    """

    def __init__(self, record: Registered) -> None:
        self._record = record
        self._components = components(record)
        self._slugs: set[str] = set()
        self._registered = {self._new_slug(arm.label): arm for arm in record.arms}
        self._unmatched: dict[str, Group] = {}
        by_label = {arm.label: name for name, arm in self._registered.items()}
        studied_alone = arms_by_intervention(record, self._components)
        self._by_title = {title: by_label[label] for title, label in studied_alone.items()}
        self._by_title |= {folded(label): name for label, name in by_label.items()}
        for group in self._groups():
            title = folded(group_title(group.title))
            if title not in self._by_title:
                self._by_title[title] = self._new_slug(group_title(group.title))
                self._unmatched[self._by_title[title]] = group

    def __len__(self) -> int:
        return len(self._registered) + len(self._unmatched)

    def of(self, group: Group) -> str:
        """Return the arm that a group of results is, by its slug."""
        return self._by_title[folded(group_title(group.title))]

    def by_group(self, groups: Iterable[Group]) -> dict[str, str]:
        """Return the arms of the groups of one table, by the ids that are valid there.

        Raises RecordRefused where two groups have one id.
        """
        found: dict[str, str] = {}
        for group in groups:
            if group.id in found:
                raise RecordRefused(
                    group.place, f"the group {group.id[:40]!r} stands twice; give each an id of its own"
                )
            found[group.id] = self.of(group)
        return found

    def rows(self, frame: Frame) -> Iterator[Arm]:
        """Yield the arms with their components and the participants who started and completed the first period."""
        women = women_by_title(self._record.baseline)
        flow = {self.of(group): group for group in reversed(self._record.flow.groups)}
        for name, arm in self._registered.items():
            yield self._row(frame, name, arm, flow.get(name), women)
        for name, group in self._unmatched.items():
            yield self._row(frame, name, group, flow.get(name), women)

    def _row(self, frame: Frame, name: str, arm: ArmGroup | Group, flow: Group | None, women: dict[str, int]) -> Arm:
        first, *later = self._record.flow.periods or (Period("", ()),)
        reached = at_milestones(first, flow)
        if isinstance(arm, ArmGroup):
            label, role, parts = arm.label, _ROLES.get(arm.type or "", "unknownRole"), self._components[arm.label]
            basis = parts.basis
        else:
            label, role, parts = group_title(arm.title), "unknownRole", Components((), ())
            basis = "a group of the results whose title is that of no registered arm"
        notes = [arm.description or "", *_milestones(first, reached, flow, later)]
        return Arm(
            **frame.stated(arm.place),
            arm=name,
            arm_label=label,
            intervention_text=" + ".join((*parts.studied, *parts.background)) or label,
            role=role,
            studied=self._studied(label, parts),
            background=tuple(intervention(n, self._record) for n in parts.background),
            add_on=(),
            stratum=None,
            condition=(),
            combines=(),
            route=None,
            dose=None,
            duration=None,
            randomised=None,
            analysed=None,
            started=reached.get("STARTED"),
            female=self._women(name, women, reached.get("STARTED")),
            completed=reached.get("COMPLETED"),
            basis=basis,
            note=" ".join(n for n in notes if n) or None,
        )

    def _women(self, name: str, women: dict[str, int], started: int | None) -> int | None:
        """Return the women of an arm, where the groups at the start are those that started it."""
        found = [number for title, number in women.items() if self._by_title.get(title) == name]
        return found[0] if len(found) == 1 and started is not None and found[0] <= started else None

    def _studied(self, label: str, parts: Components) -> Words:
        match parts.studied:
            case ():
                return intervention(label, self._record)
            case (one,):
                return intervention(one, self._record)
            case several:
                return Words("intervention", " + ".join(several), (), SOURCE)

    def _groups(self) -> Iterator[Group]:
        yield from self._record.flow.groups
        for measure in self._record.measures:
            yield from measure.groups
        yield from self._record.events.groups

    def _new_slug(self, label: str) -> str:
        try:
            wanted = slug(label)[:_LONGEST_SLUG].strip("-")
        except InputRefused:
            wanted = "arm"
        name, number = wanted, 2
        while name in self._slugs:
            name, number = f"{wanted}-{number}", number + 1
        self._slugs.add(name)
        return name


def at_milestones(period: Period, group: Group | None) -> dict[str, int]:
    """Return how many of a group reached the milestones of a period."""
    found: dict[str, int] = {}
    for milestone in period.milestones:
        for count in milestone.counts:
            if group and count.group == group.id:
                number = whole(count.value, f"the number {milestone.type}", group.place)
                if number is not None:
                    found.setdefault(milestone.type, number)
    return found


def _milestones(first: Period, reached: dict[str, int], group: Group | None, later: Iterable[Period]) -> Iterator[str]:
    """Yield what is left of the participant flow in words: other milestones, and later periods."""
    kept = {"STARTED", "COMPLETED"}
    rest = [
        (first, {m: n for m, n in reached.items() if m not in kept}),
        *((p, at_milestones(p, group)) for p in later),
    ]
    for period, found in rest:
        if found:
            counts = ", ".join(f"{milestone.lower().replace('_', ' ')} {n}" for milestone, n in found.items())
            yield f"{period.title or 'Period'}: {counts}."
