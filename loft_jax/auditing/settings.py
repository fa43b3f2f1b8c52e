"""What is audited, how it is let out, and what it must stay below."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from annotated_types import Interval

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.auditing.limits import limit_named
from loft_jax.auditing.releases import release_named
from loft_jax.data.sources import absolute_data
from loft_jax.errors import InputError
from loft_jax.fitting.flags import contradiction
from loft_jax.runs.schema import WHERE
from loft_jax.runs.settings import Device, Seed

QUICK_CLASSES = 4
MODELS = "a run folder, FILE.py:NAME or http://127.0.0.1:PORT/PATH"
"""What can be audited."""


@dataclass(frozen=True)
class AuditConfig:
    """One audit."""

    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL"), WHERE] = ""
    """Run folder of python -m loft_jax.train; of a model of your own FILE.py:NAME, or its address
    http://127.0.0.1:PORT/PATH."""
    data: Annotated[str | None, WHERE] = None
    """faces, FILE.npz or a FOLDER of class folders: pictures of the kind that the model sees; none
    is the run's own law, of which fresh people are drawn, or the test part of its pictures."""
    release: tuple[str, ...] = ()
    """What is let out: features, code, logits, scores, top-k:5, label; several are audited one by
    one. None is the code (or features, where there is none), the logits and the label."""
    noise: tuple[Annotated[float, Interval(ge=0, le=10.0**6)], ...] = (0.0, 0.1)
    """Standard deviations of Gaussian noise on each number before it is let out, each audited; a
    label has no numbers."""
    bits: Annotated[int, Interval(ge=1, le=24)] | None = None
    """Round each number to so many bits; none lets out all of a float."""
    queries: Annotated[int, Interval(ge=1, le=10**6)] = 1
    """Answers about one picture, each with noise of its own."""
    samples: Annotated[int, Interval(ge=256, le=10**7)] = 16_384
    """Drawn people from whom decoders learn; an eighth as many others measure."""
    layers: bool = False
    """Tell, too, how many directions of a picture pass each layer of a run's network."""
    class_attack: str = "ppa"
    """Attack on the classes, as in python -m loft_jax.attack --list; none leaves them out."""
    classes: Annotated[int, Interval(ge=1, le=10**6)] = 24
    """Classes under attack at most, the first."""
    evaluators: tuple[str, ...] = ()
    """Run folders that judge the attack; none trains two once, under RUN/evaluators."""
    limit: Annotated[tuple[str, ...], WHERE] = ()
    """psnr:DECIBELS, relative:SHARE, retrieval:SHARE or verified:SHARE, which decides the exit
    code, see above."""
    minutes: Annotated[float, Interval(gt=0, le=10.0**5), WHERE] = 10.0
    """Begin nothing that would take longer in all; what is left out is said, and --resume with more
    minutes adds it."""
    seed: Seed = 0
    """Of all draws."""
    out: Annotated[str | None, WHERE] = None
    """Folder to write, exactly; none makes a new one under RUN/audits."""
    resume: Annotated[str | None, WHERE] = None
    """Continue the audit in this folder, to the same bits, as it was asked."""
    device: Annotated[Device, WHERE] = "auto"
    """Which kind of device to use."""
    quick: bool = False
    """A smoke of the same path: at most 256 people to learn from, 4 classes, short decoders."""
    cache: Annotated[bool, WHERE] = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""
    show_private: Annotated[bool, WHERE] = False
    """Show private pictures and what is made of them even if they may not be shown to everybody."""

    def check(self) -> None:
        """Check what has no bound.

        Raises:
            InputError: naming the flag, what is allowed and what came.
        """
        if not self.path and self.resume is None:
            msg = f"`MODEL` must be {MODELS}, got none"
            raise InputError(msg)
        if not self.noise:
            msg = "`--noise` must be one number or more (0 is none), got none"
            raise InputError(msg)
        for text in self.release:
            release_named(text)
        for text in self.limit:
            limit_named(text)
        if self.class_attack not in ("none", *RECIPES):
            known = ", ".join(RECIPES)
            msg = f"`--class-attack` must be none or one of {known}, got {self.class_attack}"
            raise InputError(msg)


FREE = ("limit", "minutes", "show_private")
"""Flags that an audit that goes on may have of its own."""


def absolute(config: AuditConfig) -> AuditConfig:
    """The same, with paths that hold from anywhere."""
    data = config.data and absolute_data(config.data)
    evaluators = tuple(map(_absolute, config.evaluators))
    path = _absolute_model(config.path)
    return dataclasses.replace(config, path=path, data=data, evaluators=evaluators)


def continued(path: str, read: Callable[[AuditConfig], AuditConfig]) -> AuditConfig:
    """The settings of the audit that goes on, with where and how long it goes on from the flags.

    Args:
        path: of `--resume`.
        read: gives the flags, with what none names as in its argument.

    Raises:
        InputError: if a flag contradicts the audit.
    """
    from loft_jax.auditing.folder import AuditFolder  # it holds these settings

    own = AuditFolder.open(path, "--resume").config()
    asked = absolute(read(own))
    contradiction(own, asked, free=FREE, positional="MODEL")
    return asked


def _absolute_model(path: str) -> str:
    """Of a folder, or of the file in FILE.py:NAME; an address stays."""
    file = path.rpartition(":")[0] or path
    place = file if Path(file).exists() else path
    return _absolute(place) + path[len(place) :] if path and Path(place).exists() else path


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())
