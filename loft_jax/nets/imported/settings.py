"""What a run remembers of the weights that another library trained for it."""

from dataclasses import dataclass, replace
from typing import Annotated

from loft_jax.errors import InputError
from loft_jax.nets.imported.arrays import Taken, taken
from loft_jax.nets.imported.file import read
from loft_jax.runs.schema import WHERE


@dataclass(frozen=True)
class ImportedWeights:
    """Weights from a file, and what pictures they want."""

    weights: Annotated[str, WHERE]
    """File that they came from; once a run has begun it is not needed again."""
    sha256: str = ""
    """Of the file; empty until it was read."""
    mean: tuple[float, ...] = ()
    """Mean that is taken off each channel of pixels in [0, 1]; empty is what the library of the
    names in the file trains with."""
    std: tuple[float, ...] = ()
    """What each channel is divided by then; empty likewise."""

    def check(self) -> None:
        """Check what concerns several fields.

        Raises:
            InputError: naming the flag, what is allowed and what came.
        """
        for flag, numbers in (("mean", self.mean), ("std", self.std)):
            if len(numbers) not in (0, 3):
                msg = f"`--weights-{flag}` must be three numbers, red, green, blue, got {numbers}"
                raise InputError(msg)
        if not all(0 < number <= 1e6 for number in self.std):
            msg = f"`--weights-std` must be more than 0 and at most 1e6, got {self.std}"
            raise InputError(msg)

    def loaded(self, trunk: str, size: int) -> tuple["ImportedWeights", Taken]:
        """(itself, with what was not known before it was read; the arrays).

        Args:
            trunk: a name in TRUNKS.
            size: image side in pixels.

        Raises:
            InputError: if the file is not there, damaged, not for this trunk, or no longer the one
                that was read before.
        """
        file = read(self.weights)
        if self.sha256 not in ("", file.sha256):
            msg = "`--weights` must be the file that the run was asked to begin with, got another "
            raise InputError(msg + f"one at {self.weights}")
        found = taken(file.arrays, trunk, size, 3, self.weights)
        mean, std = found.names.pixels
        known = replace(self, sha256=file.sha256, mean=self.mean or mean, std=self.std or std)
        return known, found
