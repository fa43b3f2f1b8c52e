"""What is attacked and how: the settings of an attack, and which classes they mean."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import tyro
from annotated_types import Interval
from jaxtyping import Int64

from loft_jax.attacks.parts.averages import Average
from loft_jax.errors import InputError
from loft_jax.runs.schema import WHERE
from loft_jax.runs.settings import Device, Seed

QUICK_CLASSES, QUICK_EACH, QUICK_STEPS, QUICK_CANDIDATES = 4, 2, 10, 128


@dataclass(frozen=True)
class AttackConfig:
    """The attack: on what, by what, from what."""

    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN"), WHERE] = ""
    """Run folder that python -m loft_jax.train made: the target."""
    attack: Annotated[str, WHERE] = "ppa"
    """Recipe, --list shows them; strongest searches one, on people who are not reported, and keeps
    it as FOLDER/strongest.json, which may stand here as well."""
    prior: Annotated[str | None, WHERE] = None
    """pixels, renderer, or a folder of python -m loft_jax.fit_prior; none is the recipe's own, or
    pixels where no law of the target's pictures is known."""
    adaptive: str = "none"
    """An attacker who knows the defense: another loss (cross-entropy, logit, max-margin, poincare),
    or a form of the defense's own (LoFt: straight-through, pre-code)."""
    published: Annotated[bool, WHERE] = False
    """The recipe as its paper has it, instead of the form that is the strongest here."""
    views: Annotated[Literal["auto", "target", "recipe", "none"], WHERE] = "auto"
    """Random views of a recipe that has some: the target's own training augmentation, the recipe's,
    or none of them; auto is recipe for --published and else target."""
    average: Annotated[Average, WHERE] = "none"
    """AlignMI's averages, for every recipe: the target's slope is a mean over 50 copies of each
    picture, with noise or as random crops. 50 times the cost."""
    access: Literal["white", "scores", "label"] = "white"
    """What the target shows: its weights, scores only, or the class only, as it releases them."""
    queries: Annotated[int, Interval(ge=1, le=10**8)] | None = None
    """Pictures that an attack which only asks may ask of each class, its part of what all classes
    share among them; none is the recipe's own number."""
    classes: str = "all"
    """all, FIRST:END (END left out), or numbers with commas, in the order of the class names."""
    per_class: Annotated[int, Interval(ge=1, le=10**5)] = 5
    """Reconstructions of each class."""
    seed: Seed = 0
    """Of all the attack's draws."""
    steps: Annotated[Annotated[int, Interval(ge=1, le=10**6)] | None, WHERE] = None
    """Steps of each phase; none is the recipe's own. lookalikes keeps its 0."""
    candidates: Annotated[Annotated[int, Interval(ge=2, le=10**6)] | None, WHERE] = None
    """Public pictures scored before the search; none is the recipe's own."""
    restarts: Annotated[Annotated[int, Interval(ge=1, le=10**4)] | None, WHERE] = None
    """Searches for each reconstruction that is kept; none is the recipe's own."""
    prior_weight: Annotated[Annotated[float, Interval(gt=0, le=10**6)] | None, WHERE] = None
    """How many times its own weight the term has that keeps pictures likely; none is once."""
    out: Annotated[str | None, WHERE] = None
    """Folder to write, exactly; none makes a new one under RUN/attacks."""
    resume: Annotated[str | None, WHERE] = None
    """Continue the attack in this folder, to the same bits as without a stop, as it was asked."""
    memory: Annotated[float, Interval(gt=0, le=2.0**20), WHERE] = 4.0
    """GiB that the attack may use, beside what its process already holds."""
    batch: Annotated[int, Interval(ge=1, le=2**20), WHERE] = 128
    """At most so many reconstructions are searched side by side."""
    device: Annotated[Device, WHERE] = "auto"
    """Which kind of device to use."""
    quick: bool = False
    """A smoke of the same path: at most 4 classes, 2 of each, 10 steps, 128 candidates,
    where a recipe has them."""
    cache: Annotated[bool, WHERE] = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""


def quick(config: AttackConfig) -> AttackConfig:
    """The same path in seconds, where the settings leave room; at most QUICK_CLASSES classes."""
    return dataclasses.replace(
        config,
        quick=True,
        per_class=min(config.per_class, QUICK_EACH),
        steps=config.steps or QUICK_STEPS,
        candidates=config.candidates or QUICK_CANDIDATES,
    )


def attacked_classes(config: AttackConfig, classes: int) -> Int64[np.ndarray, " k"]:
    """The classes under attack, of so many."""
    labels = chosen_classes(config.classes, classes)
    return labels[:QUICK_CLASSES] if config.quick else labels


def chosen_classes(text: str, classes: int) -> Int64[np.ndarray, " k"]:
    """The classes that `--classes` names, in its order.

    Raises:
        InputError: if it names none, one that is not there, or one twice.
    """
    numbers = _named(text, classes)
    right = bool(numbers) and min(numbers) >= 0 and max(numbers) < classes
    if not right or len(set(numbers)) < len(numbers):
        msg = (
            f"`--classes` must be all, FIRST:END or different numbers with commas, within "
            f"0:{classes}, got {text if len(text) < 60 else f'{text[:57]}...'}"
        )
        raise InputError(msg)
    return np.array(numbers)


def _named(text: str, classes: int) -> list[int]:
    """The numbers; none if they are none, and never more than there are classes, and one more."""
    if text == "all":
        return list(range(classes))
    try:
        if ":" in text:
            first, end = (int(word) if word.strip() else None for word in text.split(":"))
            span = range(first or 0, classes if end is None else end)
            return list(span[: classes + 1])
        return [int(word) for word in text.split(",")]
    except ValueError:  # no numbers, or one of thousands of digits
        return []
