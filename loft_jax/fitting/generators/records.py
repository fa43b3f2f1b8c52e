"""What is told of result.json of a prior."""

from dataclasses import dataclass

from loft_jax.errors import InputError
from loft_jax.runs.parts import Count, Number, Positive


@dataclass(frozen=True)
class Distance:
    """As `quality` has it."""

    fid: Number | None
    fid_of_public: Number | None
    fid_missing: str | None
    fid_pictures: Count
    fid_features: str

    def check(self) -> None:
        """Check what goes together.

        Raises:
            InputError: if there is neither a number nor a reason.
        """
        if self.fid_missing is None and (self.fid is None or self.fid_of_public is None):
            msg = "`fid_missing` must say why there is no `fid` or `fid_of_public`, got none"
            raise InputError(msg)


@dataclass(frozen=True)
class ToldPrior(Distance):
    """What the closing table tells."""

    spread: Number
    seconds_compile: Positive
    seconds_fit: Positive
    seconds_total: Positive
    peak_memory_bytes: Count
    of_target: Distance | None = None
    questions: Count = 0
