"""Whether an answer crossed a line that readers look at: no effect, or the smallest difference that matters."""

from __future__ import annotations

from kg.model.answer import Answer


def crossings(before: Answer, after: Answer) -> tuple[str, ...]:
    """Return what the estimate and the interval of an answer crossed, in words; nothing where one has none."""
    if before.pool.ci is None or after.pool.ci is None or before.measure != after.measure:
        return ()
    assert before.pool.estimate is not None, "an interval has an estimate"
    assert after.pool.estimate is not None, "an interval has an estimate"
    said = []
    if before.pool.estimate * after.pool.estimate < 0:
        said.append("the estimate is on the other side of no effect")
    old, new = _side(before.pool.ci), _side(after.pool.ci)
    if old != new:
        said.append(
            "the interval now includes no effect"
            if new == 0
            else "the interval now excludes no effect" + (", on the other side" if old else "")
        )
    important = after.important_difference or before.important_difference
    if important is not None:
        was, now = _place(before.pool.ci, important), _place(after.pool.ci, important)
        if was != now:
            said.append(f"the interval was {was} the smallest difference that matters ({important:g}), and is {now} it")
    return tuple(said)


def _side(ci: tuple[float, float]) -> int:
    """Return on which side of no effect an interval lies, 0 where it includes it; scales of analysis have it at 0."""
    return 1 if ci[0] > 0 else -1 if ci[1] < 0 else 0


def _place(ci: tuple[float, float], important: float) -> str:
    """Return where an interval lies by a difference that matters in either direction."""
    if -important < ci[0] and ci[1] < important:
        return "within"
    return "beyond" if ci[0] >= important or ci[1] <= -important else "across"
