"""What `python -m loft_jax.sweep` is asked for: the axes of the grid, and how to go through it."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from loft_jax.attacks.settings import Adaptive
from loft_jax.config import at_least
from loft_jax.errors import InputError
from loft_jax.runs.settings import Device

Activation = Literal["none", "relu", "relu6", "leaky_relu", "sigmoid", "tanh"]
Engine = Literal["none", "local", "slurm", "auto"]


@dataclass(frozen=True)
class SweepConfig:
    """A grid: every combination of what the axes list. Without flags, the rank table."""

    rank: tuple[str, ...] = ("none", "128", "64", "32", "16", "8", "4")
    """Axis: ranks of the LoFt head; none is the plain head."""
    activation: tuple[Activation, ...] = ("tanh",)
    """Axis: what follows the head's first layer (LoFt heads)."""
    input_norm: tuple[Literal["no", "yes"], ...] = ("no",)
    """Axis: BatchNorm before the head (LoFt heads)."""
    trunk: tuple[str, ...] = ("small_cnn",)
    """Axis: networks before the head."""
    data: tuple[str, ...] = ("faces",)
    """Axis: faces, digits, FILE.npz or FOLDER."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Axis: seeds of weights, order and attack; people and split are the same for all."""
    attack: tuple[str, ...] = ("ppa",)
    """Axis: recipes; python -m loft_jax.attack --list shows them."""
    adaptive: tuple[Adaptive, ...] = ("none", "logit")
    """Axis: attackers who know the head: none, logit (of them the strongest where we tried all),
    straight-through (heads with an activation only), pre-code."""
    prior: tuple[str, ...] = ()
    """Axis: pixels, renderer, a folder of fit_prior, or dcgan, style, plgmi, kedmi, which are
    fitted here; none is each recipe's own."""
    preset: str = "auto"
    """Named settings of the training; auto chooses by --data (python -m loft_jax.train --help)."""
    classes: str = "0:24"
    """Attacked classes: all, FIRST:END (END left out), or numbers with commas."""
    per_class: int = 2
    """Reconstructions of each class."""
    identities: int = 128
    """Synthetic faces only: number of people."""
    pictures: int = 24
    """Synthetic faces only: pictures of each person, before the split."""
    size: int | None = None
    """Side of the pictures in pixels; none is the preset's."""
    epochs: int | None = None
    """Passes over the training pictures; none is 15, or the preset's for other data than faces."""
    steps: int | None = None
    """Steps of each phase of an attack; none is the recipe's own."""
    prior_steps: int | None = None
    """Steps of priors that are fitted here; none is their own number."""
    public: str = "faces"
    """Public pictures for priors that are fitted here: faces, FILE.npz or a FOLDER."""
    data_seed: int = 0
    """Seeds the synthetic people and the split."""
    jobs: int = 2
    """Cells worked on at once, each in a process of its own with its share of the cores."""
    memory: float = 4.0
    """GiB that each attack may use, beside what its process already holds."""
    submit: Engine = "none"
    """Hand the cells to a cluster by submitit: slurm, auto, or local (processes, to try it)."""
    out: str = "runs/sweep"
    """Folder. What is in it already is not computed again."""
    device: Device = "auto"
    """Which kind of device to use."""
    quick: bool = False
    """A smoke of the same path: two ranks, two seeds, eight people, little training."""
    cache: bool = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""


def quick(config: SweepConfig) -> SweepConfig:
    """The same path in about two minutes on two cores."""
    return dataclasses.replace(
        config,
        rank=tuple(rank for rank in config.rank if rank == "none")[:1]
        + tuple(rank for rank in config.rank if rank != "none")[-1:],
        seeds=config.seeds[:2],
        classes="0:4",
        identities=min(config.identities, 8),
        pictures=min(config.pictures, 16),
        epochs=2,
        steps=config.steps or 5,
        prior_steps=config.prior_steps or 5,
    )


def check(config: SweepConfig) -> None:
    """Check every setting that can be judged without looking at data or devices.

    Raises:
        InputError: naming the flag, what is allowed and what came.
    """
    for flag in (
        "rank", "activation", "input_norm", "trunk", "data", "seeds", "attack", "adaptive",
    ):  # fmt: skip
        values = getattr(config, flag)
        if not values:
            msg = f"`--{flag.replace('_', '-')}` must list at least one value, got an empty grid"
            raise InputError(msg)
        if len(set(values)) < len(values):
            listed = " ".join(map(str, values))
            msg = f"`--{flag.replace('_', '-')}` must list different values, got {listed}"
            raise InputError(msg)
    for word in config.rank:
        if word != "none" and not (word.isdecimal() and int(word) >= 1):
            msg = f"`--rank` must list none or whole numbers of at least 1, got {word}"
            raise InputError(msg)
    for flag, count, smallest in (
        ("jobs", config.jobs, 1),
        ("per-class", config.per_class, 1),
        ("epochs", config.epochs, 1),
        ("steps", config.steps, 1),
        ("prior-steps", config.prior_steps, 1),
        ("data-seed", config.data_seed, 0),
        *(("seeds", seed, 0) for seed in config.seeds),
    ):
        at_least(flag, count, smallest)
    if not config.memory > 0:
        msg = f"`--memory` must be a number above 0 (GiB), got {config.memory}"
        raise InputError(msg)
