"""Whether a model stays below a limit of leakage: proven, refuted, or neither."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from loft_jax.errors import InputError
from loft_jax.judging.verdict import ABLE

Verdict = Literal["below", "above", "undecided"]
CODES = {"below": 0, "above": 1, "undecided": 3}
"""Exit codes; where there are several limits the worst says: above, then undecided."""
UNITS = {
    "psnr": (0.0, 200.0),
    "relative": (0.0, 1.0),
    "retrieval": (0.0, 1.0),
    "verified": (0.0, 1.0),
}
"""Between which numbers a limit in each unit may be."""
RULE = """Each --limit ends with exit code 0 where the model is shown to stay below it, 1 where it
is shown to exceed it, and 3 where its interval straddles it or nothing was measured.
psnr:18: no attacker makes pictures of 18 dB or more from any of the releases (0), or one does (1).
relative:0.5: every attacker leaves half of the variance unknown (0), or one leaves less (1); of who
somebody is, where there is a law, else of the picture.
retrieval:0.1: of attacked people the attack finds fewer than one in ten (0) or more (1), by its
95 % interval; no stronger attack is excluded by that. verified:0.1: likewise, of what the attack
draws, by a judge that never saw these people and that verifies half of real pictures or more."""


class Span(NamedTuple):
    """An interval of leakage, more being worse.

    Attributes:
        least: that an attacker is known to reach.
        most: that no attacker exceeds.
    """

    least: float
    most: float


@dataclass(frozen=True)
class Limit:
    """A limit of leakage.

    Attributes:
        unit: psnr (dB that an attacker may not reach), relative (share of variance that must stay
            unknown), retrieval (share of people who may be found by the numbers that drew them) or
            verified (by an independent judge).
        value: the limit.
    """

    unit: str
    value: float

    @property
    def label(self) -> str:
        """As `--limit` has it."""
        return f"{self.unit}:{self.value:g}"

    def verdict(self, spans: Iterable[Span | None]) -> Verdict:
        """Of all these together; None is one that was not measured.

        Args:
            spans: leakage, in dB, shares that are known (1 - what is unknown) or found.
        """
        most = 1 - self.value if self.unit == "relative" else self.value
        found = list(spans)
        there = [span for span in found if span is not None]
        if any(span.least > most for span in there):
            return "above"
        # What a share of variance leaves unknown may be just the limit; dB must not be reached.
        kept = all(
            span.most <= most if self.unit == "relative" else span.most < most for span in there
        )
        return "below" if there and kept and len(there) == len(found) else "undecided"


def limit_named(text: str) -> Limit:
    """The limit that `--limit` names.

    Raises:
        InputError: if it names none.
    """
    unit, _, number = text.partition(":")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    low, high = UNITS.get(unit, (math.inf, -math.inf))
    if low <= value <= high:
        return Limit(unit, value)
    msg = (
        "`--limit` must be psnr:DECIBELS (0 to 200), relative:SHARE, retrieval:SHARE or "
        f"verified:SHARE (0 to 1), got {text}"
    )
    raise InputError(msg)


def share_found(measures: dict[str, Any], limit: str) -> Any:
    """Share of people whom the attack found, with its interval; None where it is not known.

    Args:
        measures: of the class level, value and interval by name.
        limit: `retrieval` or `verified`.
    """
    if limit == "retrieval":
        return measures.get("retrieval_at_1")
    real = measures.get("independent_real_verification")
    able = real is not None and real[0] is not None and real[0] >= ABLE
    return measures.get("independent_verification") if able else None


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """The exit code of an audit with these verdicts."""
    return next((CODES[one] for one in ("above", "undecided") if one in verdicts), CODES["below"])
