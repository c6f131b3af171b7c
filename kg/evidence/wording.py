"""What an answer says in words: its title, its sentence, and which side of the plot favours what.

The sentence comes from the interval, the minimally important difference and the certainty a person gave, never from
the p value: no effect is said only of an interval that lies inside the difference that matters.
"""

from __future__ import annotations

from kg.harmonise.contrasts import Contrast, Harmonised
from kg.iris import local
from kg.model.answer import Pool, Published
from kg.model.question import Question
from kg.protocol import Protocol

NAMES = {
    "RR": "risk ratio",
    "OR": "odds ratio",
    "RD": "risk difference",
    "MD": "mean difference",
    "SMD": "standardised mean difference",
    "PETO": "Peto odds ratio",
    "HR": "hazard ratio",
    "IRR": "rate ratio",
    "ROM": "ratio of means",
    "RATIO": "ratio",
    "GEN": "effect",
}
_NO_EFFECT = dict.fromkeys(("RR", "OR", "PETO", "HR", "IRR", "ROM", "RATIO"), 1.0)


_HIGHER = {
    "RR": "the risk is",
    "OR": "the odds are",
    "RD": "the risk is",
    "PETO": "the odds are",
    "HR": "the hazard is",
    "IRR": "the rate is",
    "RATIO": "the ratio is",
    "GEN": "the effect is",
}


def title(question: Question) -> str:
    """Return the title of an answer, such as "Ketamine versus placebo for pain intensity, immediate term"."""
    text = f"{question.intervention.label} versus {question.comparator.label} for {question.outcome.label}"
    more = [question.band.label.replace("-term", " term")] if question.band else []
    more += [question.route.label] if question.route else []
    more += [f"in {question.condition.label}"] if question.condition else []
    more += [f"on the {question.instrument.label}"] if question.instrument else []
    more += [f"published by {question.published_by}"] if question.published_by else []
    more += [f"as known by {question.known_by}"] if question.known_by else []
    return ", ".join([text[0].upper() + text[1:], *more])


def favours(question: Question, found: Harmonised, lower_is_better: bool | None) -> tuple[str, str] | None:
    """Return the labels under the left and the right of a plot, or nothing where the direction is not known."""
    instruments = {c.instrument.lower_is_better for c in found.contrasts if c.instrument}
    lower = lower_is_better
    if found.measure == "MD" and instruments:
        lower = instruments.pop() if len(instruments) == 1 else None
    if lower is None:
        return None
    names = question.intervention.label, question.comparator.label
    left, right = names if lower else names[::-1]
    return f"Favours {left}", f"Favours {right}"


def sentence(
    question: Question,
    found: Harmonised,
    pool: Pool,
    published: Published | None,
    protocol: Protocol,
    level: float = 95.0,
    unpooled: str | None = None,
) -> str:
    """Return what was found, in how many trials and people, and how sure one can be.

    ``unpooled`` is why rows are not pooled that could be.
    """
    drug, control, outcome = (t.label for t in (question.intervention, question.comparator, question.outcome))
    where = f"{_of(found.eligible)} eligible {_plural('trial', found.eligible)}"
    if not found.contrasts:
        if not found.eligible:
            return f"No eligible trial compares {drug} with {control} as asked: there is no evidence to pool."
        return f"None of {where} of {drug} versus {control} reports {outcome} as asked: there is no evidence to pool."
    total = pool.participants.total
    people = f"{total:,} participants" if total else "number of participants not reported"
    if pool.display is None:
        verb = "reports" if pool.k_rows == 1 else "report"
        rows = f"{pool.k_rows} of {where} ({people}) {verb} {outcome}"
        if unpooled:
            return f"{rows}; they are not pooled: {unpooled}."
        return f"{rows}, but an effect cannot be estimated: {_why(found)}."
    name, value = NAMES[found.measure], pool.display
    low, high = value.ci
    said = (
        f"In {pool.k} of {where} ({people}), the {name} for {outcome} with {drug} compared with {control} is "
        f"{number(value.estimate)} ({level:g} % interval {number(low)} to {number(high)})."
    )
    conclusion = _conclusion(found.measure, low, high, important_difference(question, found, protocol), drug)
    return f"{said} {conclusion}{_sure(published)}"


def _of(eligible: int) -> str:
    return "the one" if eligible == 1 else f"{eligible}"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else word + "s"


def _why(found: Harmonised) -> str:
    counts = [c for c in found.contrasts if c.experimental.events is not None]
    if counts and all(c.experimental.events == 0 and c.control.events == 0 for c in counts):
        return "no event occurred in either arm"
    return "the figures needed are not reported"


def important_difference(question: Question, found: Harmonised, protocol: Protocol) -> float | None:
    """Return the smallest difference that matters, where the estimate is in its units.

    It is given in points of the outcome's scale, or as a difference of risks: it says nothing of an SMD or a ratio.
    """
    rule = protocol.outcome(local(question.outcome.iri))
    if found.measure == "MD" and rule.scale is not None and any(map(_off_scale, found.contrasts)):
        return None
    return rule.minimally_important_difference if found.measure in ("MD", "RD") else None


def _off_scale(contrast: Contrast) -> bool:
    instrument = contrast.instrument
    return instrument is None or instrument.minimum is None or instrument.maximum is None


def _conclusion(measure: str, low: float, high: float, important: float | None, drug: str) -> str:
    null = _NO_EFFECT.get(measure, 0.0)
    if important is not None and -important < low and high < important:
        return f"The interval lies within the smallest difference that matters ({important:g}): no important effect."
    if low > null or high < null:
        way = "higher" if low > null else "lower"
        what = _HIGHER.get(measure, "values are")
        beyond = "" if important is None else " Whether the difference matters is not settled by the interval."
        if important is not None and (low >= important or high <= -important):
            beyond = f" The whole interval is at least the smallest difference that matters ({important:g})."
        return f"The interval excludes no difference: {what} {way} with {drug}.{beyond}"
    return f"The interval includes no difference: whether {drug} makes one is uncertain."


def _sure(published: Published | None) -> str:
    if published is None or published.certainty is None:
        return ""
    return f" The review judged the certainty of this evidence as {published.certainty.lower()}."


def number(value: float) -> str:
    """Return a number with two decimals and a true minus sign."""
    return f"{value:.2f}".replace("-", "−") if abs(value) >= 0.005 or value == 0 else f"{value:.2g}".replace("-", "−")
