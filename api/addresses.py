"""Addresses of the service: where the page of a thing is, and where a question is answered."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from kg import iris
from kg.asked import Asked
from kg.iris import BASE, EV
from kg.model.question import Question

NOUNS = {
    "trials": "trial",
    "drugs": "drug",
    "receptors": "receptor",
    "conditions": "condition",
    "adverse-effects": "adverse-effect",
    "outcomes": "outcome",
}
"""Lists by their address, with the kind of thing in an IRI."""

_NOUN_OF = {kind: noun for noun, kind in NOUNS.items()}
_REGISTRIES = (
    (re.compile(r"NCT[0-9]{8}"), "https://clinicaltrials.gov/study/"),
    (re.compile(r"ISRCTN[0-9]{8}"), "https://www.isrctn.com/"),
)
_WEB = re.compile(r"https?://[^\s<>\"'`{}|\\^\x00-\x20]+", re.ASCII | re.IGNORECASE)


def page(iri: str) -> str | None:
    """Return the address of the page of a thing of the graph, or nothing where it has none."""
    if not iri.startswith(BASE) or iri.startswith(EV):
        return None
    kind, _, rest = iri.removeprefix(BASE).partition("/")
    if not rest:
        return None
    if kind in _NOUN_OF and "/" not in rest:
        return f"/{_NOUN_OF[kind]}/{quote(rest, safe='')}"
    if kind == "answer" and "/" not in rest:
        return f"/answers/{quote(rest, safe='')}"
    if kind == "query":
        return f"/queries/{quote(rest)}"
    return f"/doc/{quote(kind)}/{quote(rest)}"


def document(iri: str) -> str:
    """Return the address of the document of a thing, without the suffix of a form."""
    return f"/doc/{quote(iri.removeprefix(BASE))}"


def identity(path: str) -> str:
    """Return the IRI that a path below the base stands for."""
    return BASE + path


def outside(text: str | None) -> str | None:
    """Return a text where it may be followed as a link: an http or https address and nothing else."""
    return text if text and _WEB.fullmatch(text) else None


def uri(iri: str) -> str:
    """Return an IRI as a header may carry it: what is not ASCII percent-encoded (RFC 3987, section 3.1)."""
    return quote(iri, safe="%/:=&?~#+!$,;'@()*[]-._")


def registered(number: str) -> str | None:
    """Return the address of a trial in its registry, where the number says which registry that is."""
    for pattern, prefix in _REGISTRIES:
        if pattern.fullmatch(number):
            return prefix + number
    return None


def local(iri: str) -> str:
    """Return an IRI without the base of the project; a term of its vocabulary as a CURIE."""
    if iri.startswith(EV):
        return f"ev:{iri.removeprefix(EV)}"
    return iri.removeprefix(BASE) if iri.startswith(BASE) else iri


_DATES = ("published_by", "known_by")


def words(question: Question) -> dict[str, str]:
    """Return a question in the words of an address; terms by their slugs."""
    named = {name: iris.local(term.iri) for name, term in question.terms().items() if term}
    options = {name: getattr(question, name) for name in ("protocol", "measure", "method", "ci", *_DATES)}
    return named | {name: value for name, value in options.items() if value}


def answer(question: Question | Asked | dict[str, str], suffix: str = "", **other: str | None) -> str:
    """Return the address of the answer to a question, some of its words replaced; None takes a word out."""
    if isinstance(question, Question):
        given = words(question)
    else:
        given = question.words() if isinstance(question, Asked) else dict(question)
    given |= {name: value for name, value in other.items() if value is not None}
    given = {name: value for name, value in given.items() if value and other.get(name, "") is not None}
    return f"/answer{suffix}?{urlencode(given)}"


def review(protocol: str, **dates: str | None) -> str:
    """Return the address of the review of a protocol, by the days given."""
    given = {name: value for name, value in dates.items() if value}
    return f"/review/{quote(protocol, safe='')}" + (f"?{urlencode(given)}" if given else "")


def without(question: Question, word: str) -> str:
    """Return the address of the answer to a question without one of its words."""
    return answer({name: value for name, value in words(question).items() if name != word})
