"""What `python -m loft_jax.attack` is asked for, and which classes that means."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import tyro
from jaxtyping import Int64

from loft_jax.config import at_least
from loft_jax.errors import InputError
from loft_jax.runs.settings import Device

Adaptive = Literal["none", "straight-through", "pre-code", "logit"]

QUICK_CLASSES, QUICK_EACH, QUICK_STEPS, QUICK_CANDIDATES = 4, 2, 10, 128


@dataclass(frozen=True)
class AttackConfig:
    """One attack."""

    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")] = ""
    """Run folder that python -m loft_jax.train made: the target."""
    attack: str = "ppa"
    """Recipe; --list shows them."""
    prior: str | None = None
    """pixels, renderer, or a folder of python -m loft_jax.fit_prior; none is the recipe's own."""
    adaptive: Adaptive = "none"
    """An attacker who knows of the LoFt head: straight-through, pre-code or logit."""
    classes: str = "all"
    """all, FIRST:END (END left out), or numbers with commas."""
    per_class: int = 5
    """Reconstructions of each class."""
    seed: int = 0
    """Of all the attack's draws."""
    steps: int | None = None
    """Steps of each phase; none is the recipe's own."""
    candidates: int | None = None
    """Public pictures scored before the search; none is the recipe's own."""
    out: str | None = None
    """Folder to write, exactly; none makes a new one under RUN/attacks."""
    resume: str | None = None
    """Continue the attack in this folder, to the same bits as without a stop, as it was asked."""
    evaluators: tuple[str, ...] = ()
    """Run folders that judge; none trains two of other architectures once, under RUN/evaluators."""
    identity: bool = True
    """Synthetic faces only: measure the identity error (--no-identity: off; without the renderer as
    prior a person must be fitted to every picture)."""
    knowledge: bool = False
    """Measure knowledge extraction: teach a network the reconstructions, test it on real people."""
    features: str | None = None
    """Weights of Inception-v3 (NPZ) for FID as published; none takes the evaluators' features."""
    show_private: bool = False
    """Show private pictures in reconstructions.png even if they are not synthetic."""
    memory: float = 4.0
    """GiB that the search may use."""
    batch: int = 128
    """At most so many reconstructions are searched side by side."""
    device: Device = "auto"
    """Which kind of device to use."""
    quick: bool = False
    """A smoke of the same path: at most 4 classes, 2 of each, 10 steps, 128 candidates."""
    show_recipes: Annotated[bool, tyro.conf.arg(name="list")] = False
    """Print the recipes with their sources and stop."""
    cache: bool = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""


def check(config: AttackConfig) -> None:
    """Check every setting that can be judged without the target; with `resume` none counts.

    Raises:
        InputError: naming the flag, what is allowed and what came.
    """
    if config.resume is not None:
        return
    if not config.path:
        msg = "`RUN` must be a run folder of python -m loft_jax.train, got none"
        raise InputError(msg)
    for flag, count, smallest in (
        ("per-class", config.per_class, 1),
        ("seed", config.seed, 0),
        ("steps", config.steps, 1),
        ("candidates", config.candidates, 2),
        ("batch", config.batch, 1),
    ):
        at_least(flag, count, smallest)
    if not config.memory > 0:
        msg = f"`--memory` must be a number above 0 (GiB), got {config.memory}"
        raise InputError(msg)


def quick(config: AttackConfig) -> AttackConfig:
    """The same path in seconds, where the flags leave room; at most QUICK_CLASSES classes."""
    return dataclasses.replace(
        config,
        per_class=min(config.per_class, QUICK_EACH),
        steps=config.steps or QUICK_STEPS,
        candidates=config.candidates or QUICK_CANDIDATES,
    )


def chosen_classes(text: str, classes: int) -> Int64[np.ndarray, " k"]:
    """The classes that `--classes` names, in its order.

    Raises:
        InputError: if it names none, one that is not there, or one twice.
    """
    if text == "all":
        return np.arange(classes)
    try:
        if ":" in text:
            first, end = text.split(":")
            numbers = list(range(int(first or 0), int(end or classes)))
        else:
            numbers = [int(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    right = bool(numbers) and min(numbers) >= 0 and max(numbers) < classes
    if not right or len(set(numbers)) < len(numbers):
        msg = (
            f"`--classes` must be all, FIRST:END or different numbers with commas, within "
            f"0:{classes}, got {text}"
        )
        raise InputError(msg)
    return np.array(numbers)
