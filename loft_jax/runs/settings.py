"""Settings of every run: where it lies, on what it is computed, how it is seeded."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval

from loft_jax.errors import InputError
from loft_jax.runs.schema import WHERE

Device = Literal["auto", "cpu", "gpu", "tpu"]
Seed = Annotated[int, Interval(ge=0, lt=2**32)]
Count = Annotated[int, Interval(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class RunConfig:
    """The run: where, on what, how often."""

    seed: Seed = 0
    """Seeds weights, order and augmentation; people and split too, but for --data-seed."""
    out: Annotated[str | None, WHERE] = None
    """Run folder, exactly; none makes a new one under runs/."""
    resume: Annotated[str | None, WHERE] = None
    """Continue this run folder, to the same bits as an uninterrupted run, with its own settings."""
    device: Annotated[Device, WHERE] = "auto"
    """Which kind of device to use; all devices of that kind share each batch."""
    quick: Annotated[bool, WHERE] = False
    """A smoke of the same path in about 10 seconds."""
    cache: Annotated[bool, WHERE] = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""
    tensorboard: Annotated[bool, WHERE] = False
    """Mirror the metrics for TensorBoard (extra: tensorboard)."""
    coordinator: Annotated[str | None, WHERE] = None
    """HOST:PORT of process 0, when several processes train together."""
    processes: Annotated[int, Interval(ge=1, le=2**16), WHERE] = 1
    """Number of processes that train together."""
    process_id: Annotated[int, WHERE] = 0
    """Number of this process."""

    def check(self) -> None:
        """Check what concerns several fields.

        Raises:
            InputError: naming the flag, what is allowed and what came.
        """
        if not 0 <= self.process_id < self.processes:
            msg = f"`--process-id` must be 0..{self.processes - 1}, got {self.process_id}"
            raise InputError(msg)
        if self.processes > 1 and self.coordinator is None:
            msg = f"`--coordinator` must be HOST:PORT when --processes is {self.processes}"
            msg += ", got none"
            raise InputError(msg)
        if self.processes > 1 and self.out is None and self.resume is None:
            msg = (
                f"`--out` must name a folder all processes see when --processes is {self.processes}"
            )
            raise InputError(msg)
