"""How an attack is judged: by whom, and on what."""

from dataclasses import dataclass, field
from typing import Annotated

import tyro

from loft_jax.errors import InputError
from loft_jax.runs.schema import WHERE
from loft_jax.runs.settings import Device


@dataclass(frozen=True)
class Judges:
    """The judges: they alone see private pictures."""

    evaluators: tuple[str, ...] = ()
    """Run folders that judge; none trains two of other architectures once, under RUN/evaluators."""
    identity: bool = True
    """Synthetic faces only: whom reconstructions are most like, of all private people (--no-
    identity: off; without the renderer as prior a person must be fitted to every picture)."""
    knowledge: bool = False
    """Measure knowledge extraction: teach a network the reconstructions, test it on real people."""
    strangers: str | None = None
    """Public pictures, at least 1,000, that set what an open-set success must exceed; none draws
    fresh people where a law is known, else takes those that the attack's prior learned from."""
    independent: str = "auto"
    """Judge that never saw the private people: drawn, faces (extra: faces), none, or auto, which is
    the one that knows such pictures. With --quick auto is none."""
    features: str | None = None
    """Weights of Inception-v3 (NPZ) for FID as published; none takes the evaluators' features."""
    show_private: Annotated[bool, WHERE] = False
    """Show private pictures in reconstructions.png even if they may not be shown to everybody."""
    data: Annotated[str | None, WHERE] = None
    """Where the target's pictures are now; none is where they were in its training."""


@dataclass(frozen=True)
class JudgeConfig:
    """One judgement of a finished attack."""

    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="ATTACK"), WHERE] = ""
    """Folder that python -m loft_jax.attack made."""
    judges: Judges = field(default_factory=Judges)
    out: Annotated[str | None, WHERE] = None
    """New folder to write, or that of the same command before it was stopped; none is the attack's
    own. An earlier judgement is replaced."""
    device: Annotated[Device, WHERE] = "auto"
    """Which kind of device to use."""
    cache: Annotated[bool, WHERE] = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""

    def check(self) -> None:
        """Check what has no bound.

        Raises:
            InputError: if no attack is named.
        """
        if not self.path:
            msg = "`ATTACK` must be a folder of python -m loft_jax.attack, got none"
            raise InputError(msg)
