"""Which records have nothing to do with each other: the verdict on each is the same whether others come with it."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode, Triple

from kg.iris import BASE, EV, RDF

_TYPE = RDF + "type"
_PROVISIONAL = NamedNode(EV + "ProvisionalTerm")


class Independent:
    """Records of which none states what another names, and no two are looked at together by a rule.

    Terms that wait for a curator are the exception: each record that uses one states it in whole.
    """

    def __init__(self, backwards: frozenset[str]) -> None:
        self._backwards = backwards
        self._stated: set[str] = set()
        self._waiting: set[str] = set()
        self._named: set[str] = set()
        self._behind: set[str] = set()

    def add(self, triples: Iterable[Triple]) -> bool:
        """Add a record, or say no where it has to do with one that is there."""
        stated, waiting, named, behind = self._sides(triples)
        own = stated | waiting
        if not (
            stated.isdisjoint(self._stated)
            and stated.isdisjoint(self._waiting)
            and waiting.isdisjoint(self._stated)
            and own.isdisjoint(self._named)
            and named.isdisjoint(self._stated)
            and named.isdisjoint(self._waiting)
            and behind.isdisjoint(self._behind)
        ):
            return False
        self._stated |= stated
        self._waiting |= waiting
        self._named |= named
        self._behind |= behind
        return True

    def _sides(self, triples: Iterable[Triple]) -> tuple[set[str], set[str], set[str], set[str]]:
        """Return what a record states things of, which of these wait, what it only names, what rules come back from."""
        stated, waiting, named, behind = set[str](), set[str](), set[str](), set[str]()
        for t in triples:
            subject, path, said = t.subject.value, t.predicate.value, t.object  # type: ignore[union-attr]
            stated.add(subject)
            if isinstance(said, NamedNode):
                if path == _TYPE:
                    if said == _PROVISIONAL:
                        waiting.add(subject)
                elif (value := said.value).startswith(BASE) and not value.startswith(EV):
                    named.add(value)
                    if path in self._backwards:
                        behind.add(value)
        return stated - waiting, waiting, named - stated, behind
