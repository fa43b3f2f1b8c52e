"""What `python -m loft_jax.sweep` is asked for: the axes of the grid, and how to go through it."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Interval

from loft_jax.data.resize import Side
from loft_jax.data.sources import absolute_data
from loft_jax.defenses.loft import Activation
from loft_jax.errors import InputError
from loft_jax.priors.table import PRIORS
from loft_jax.runs.settings import Device, Seed

Engine = Literal["none", "local", "slurm", "auto"]
Jobs = Annotated[int, Interval(ge=1, le=4096)]
FIRST_CLASSES = 24
RANKS = ("none", "64", "32", "16", "8")


@dataclass(frozen=True)
class SweepConfig:
    """A grid: every combination of what the axes list. Without flags, the rank table."""

    defense: tuple[str, ...] = ()
    """Axis: NAME[:STRENGTH[,option=value]...]; python -m loft_jax.train --list-defenses shows
    them. What a defense starts from, such as the plain head of svd:16, is trained once."""
    rank: tuple[str, ...] = ()
    """Axis: short for --defense loft:R, the word none for none; nothing given, and no --defense,
    is none 64 32 16 8."""
    activation: tuple[Activation, ...] = ("tanh",)
    """Axis: what follows the first layer of LoFt heads."""
    input_norm: tuple[Literal["no", "yes"], ...] = ("no",)
    """Axis: BatchNorm before LoFt heads."""
    trunk: tuple[str, ...] = ("small_cnn",)
    """Axis: networks before the head."""
    data: tuple[str, ...] = ("faces",)
    """Axis: faces, digits, FILE.npz or FOLDER."""
    seeds: tuple[Seed, ...] = (0, 1, 2)
    """Axis: seeds of weights, order and attack; people and split are the same for all."""
    attack: tuple[str, ...] = ("ppa",)
    """Axis: recipes; python -m loft_jax.attack --list shows them."""
    adaptive: tuple[str, ...] = ("none", "logit")
    """Axis: attackers who know the defense: none, logit (of them the strongest where we tried all),
    and the defense's own forms (LoFt: straight-through, pre-code)."""
    queries: tuple[Annotated[int, Interval(ge=1, le=10**8)], ...] = ()
    """Axis: pictures that attacks which only ask may ask of each class; none is each recipe's own
    number. Those that have the weights are made once."""
    prior: tuple[str, ...] = ()
    """Axis: pixels, renderer, a folder of fit_prior, or dcgan, style, plgmi, kedmi, tacgan, which
    are fitted here; none is each recipe's own, as the pictures allow."""
    preset: str = "auto"
    """Named settings of the training; auto chooses by --data (python -m loft_jax.train --help)."""
    classes: str | None = None
    """Attacked classes: all, FIRST:END (END left out), or numbers with commas; none is the first
    24, or all where there are fewer."""
    per_class: Annotated[int, Interval(ge=1, le=10**5)] = 2
    """Reconstructions of each class."""
    identities: Annotated[int, Interval(ge=2, le=10**6)] = 128
    """Synthetic faces only: number of people."""
    pictures: Annotated[int, Interval(ge=2, le=10**5)] = 24
    """Synthetic faces only: pictures of each person, before the split."""
    size: Side | None = None
    """Side of the pictures in pixels; none is the preset's."""
    epochs: Annotated[int, Interval(ge=1, le=10**6)] | None = None
    """Passes over the training pictures; none is 20, or the preset's for other data than faces."""
    steps: Annotated[int, Interval(ge=1, le=10**6)] | None = None
    """Steps of each phase of an attack; none is the recipe's own."""
    prior_steps: Annotated[int, Interval(ge=1, le=10**9)] | None = None
    """Steps of priors that are fitted here; none is their own number."""
    independent: str = "auto"
    """Judge that never saw the private people: drawn, faces (extra: faces), none, or auto, which is
    the one that knows such pictures. With --quick auto is none."""
    public: str | None = None
    """Public pictures: faces, FILE.npz or a FOLDER. Priors are fitted to them here, defenses that
    need public people (tl) begin with them, and they are the strangers of photographs where the
    prior learned from none; none is the public population of drawn --data, and must be given for
    priors and defenses that need any other."""
    data_seed: Seed = 0
    """Seeds the synthetic people and the split."""
    jobs: Jobs = 2
    """Cells worked on at once, each in a process of its own with its share of the cores."""
    memory: Annotated[float, Interval(gt=0, le=2.0**20)] = 4.0
    """GiB that each attack may use, beside what its process already holds."""
    submit: Engine = "none"
    """Hand the cells to a cluster by submitit: slurm, auto, or local (processes, to try it)."""
    out: str = "runs/sweep"
    """Folder. What is in it already is not computed again."""
    device: Device = "auto"
    """Which kind of device to use."""
    quick: bool = False
    """A smoke of the same path: two defenses, two seeds, eight classes, little training."""
    cache: bool = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""

    def check(self) -> None:
        """Check that every axis lists different values.

        Raises:
            InputError: naming the flag, what is allowed and what came.
        """
        axes = ("defense", "rank", "activation", "input_norm", "trunk", "data", "seeds", "attack",
                "adaptive", "queries", "prior")  # fmt: skip
        for name in axes:
            values, flag = getattr(self, name), f"--{name.replace('_', '-')}"
            if not values and name not in ("defense", "rank", "queries", "prior"):
                msg = f"`{flag}` must list at least one value, got an empty grid"
                raise InputError(msg)
            if len(set(values)) < len(values):
                listed = " ".join(map(str, values))
                msg = f"`{flag}` must list different values, got {listed}"
                raise InputError(msg)
        for word in self.rank:
            if word != "none" and not (word.isdecimal() and 1 <= int(word[:40]) <= 2**20):
                msg = f"`--rank` must list none or whole numbers in 1..{2**20}, got {word[:40]}"
                raise InputError(msg)

    @property
    def specs(self) -> tuple[str, ...]:
        """The defenses that are asked for, as --defense has them."""
        ranks = self.rank if self.rank or self.defense else RANKS
        short = ("none" if word == "none" else f"loft:{word}" for word in ranks)
        return tuple(dict.fromkeys((*self.defense, *short)))


def absolute(config: SweepConfig) -> SweepConfig:
    """The same settings with paths absolute: cells are worked on from anywhere."""
    return dataclasses.replace(
        config,
        data=tuple(absolute_data(name) for name in config.data),
        prior=tuple(
            name if name in PRIORS else str(Path(name).expanduser().absolute())
            for name in config.prior
        ),
        public=config.public and absolute_data(config.public),
    )


def quick(config: SweepConfig) -> SweepConfig:
    """The same path in about two minutes on two cores: the last defense of each kind."""
    kinds = {spec.partition(":")[0]: spec for spec in config.specs}
    return dataclasses.replace(
        config,
        defense=tuple(kinds.values()),
        rank=(),
        seeds=config.seeds[:2],
        identities=min(config.identities, 8),
        pictures=min(config.pictures, 16),
        epochs=2,
        steps=config.steps or 5,
        prior_steps=config.prior_steps or 5,
    )
