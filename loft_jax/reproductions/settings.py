"""What `python -m loft_jax.reproduce` is asked for."""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

import tyro
from annotated_types import Interval

from loft_jax.errors import InputError
from loft_jax.runs.settings import Device, Seed
from loft_jax.sweeps.settings import Engine, Jobs

Name = Literal[
    "fig1", "fig3", "fig4", "fig5", "table-rank", "table-defenses", "table-activation",
    "table-input-norm", "table-attacks", "table-access", "table-theory", "coverage",
]  # fmt: skip


@dataclass(frozen=True)
class ReproduceConfig:
    """One figure or table."""

    name: Annotated[Name, tyro.conf.Positional] = "table-rank"
    """Which."""
    scale: Literal["laptop", "paper"] = "laptop"
    """laptop: faces drawn here or digits, 32 px, small CNN; paper: ResNet-152, 224 px, --data."""
    data: str | None = None
    """Laptop: faces or digits; none is faces. Paper scale: a FOLDER of class folders such as
    FaceScrub, or FILE.npz."""
    prior: str | None = None
    """A folder of fit_prior for the attacks; none is each recipe's own."""
    seeds: tuple[Seed, ...] = (0, 1, 2)
    """Seeds of weights, order and attack."""
    queries: tuple[Annotated[int, Interval(ge=1, le=10**8)], ...] = ()
    """table-access only: pictures that may be asked of each class; none is 1000 10000, and at the
    paper's scale 100000 as well (here they take some hours)."""
    jobs: Jobs = 2
    """Cells worked on at once, each in a process of its own with its share of the cores."""
    memory: Annotated[float, Interval(gt=0, le=2.0**20)] = 4.0
    """GiB that each attack may use, beside what its process already holds."""
    submit: Engine = "none"
    """Hand the cells to a cluster by submitit: slurm, auto, or local."""
    out: str = "runs/reproduce"
    """Folder. Cells in it are shared by all names and not computed again."""
    device: Device = "auto"
    """Which kind of device to use."""
    quick: bool = False
    """A smoke of the same path: two ranks, two seeds, eight people, little training (few repeats of
    a simulation)."""
    cache: bool = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""

    def check(self) -> None:
        """Check what the command line checks by itself.

        Raises:
            InputError: if there is no such name.
        """
        if self.name not in get_args(Name):
            msg = f"`NAME` must be one of {', '.join(get_args(Name))}, got {self.name}"
            raise InputError(msg)
