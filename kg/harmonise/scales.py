"""Step 3: instruments to one scale, and their directions aligned (Handbook 6.5.1.2, 15.5.3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from kg.model.trialset import InstrumentFacts


@dataclass(frozen=True)
class Rescaling:
    """A linear map onto a common scale: value * factor + offset; a change or an SD takes the factor alone."""

    factor: float
    offset: float
    step: str | None

    def value(self, x: float, *, change: bool) -> float:
        """Return a mean on the common scale."""
        return x * self.factor + (0.0 if change else self.offset)

    def spread(self, x: float) -> float:
        """Return an SD on the common scale."""
        return x * abs(self.factor)


SAME = Rescaling(1.0, 0.0, None)


def rescaling(instrument: InstrumentFacts, scale: tuple[float, float] | None) -> Rescaling | None:
    """Return the map of an instrument onto a scale; SAME where nothing is to do, None where its range is unknown."""
    if scale is None:
        return SAME
    if instrument.minimum is None or instrument.maximum is None:
        return None
    if (instrument.minimum, instrument.maximum) == scale:
        return SAME
    factor = (scale[1] - scale[0]) / (instrument.maximum - instrument.minimum)
    offset = scale[0] - instrument.minimum * factor
    ranges = f"from {instrument.minimum:g}-{instrument.maximum:g} to {scale[0]:g}-{scale[1]:g}"
    return Rescaling(factor, offset, f"scale: {instrument.label} rescaled {ranges}")


def orientation(instrument: InstrumentFacts, lower_is_better: bool) -> float | None:
    """Return -1 where an instrument runs against the outcome, 1 where it runs with it, None where that is unknown."""
    if instrument.lower_is_better is None:
        return None
    return 1.0 if instrument.lower_is_better == lower_is_better else -1.0
