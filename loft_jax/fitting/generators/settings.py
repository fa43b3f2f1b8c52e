"""Settings of `python -m loft_jax.fit_prior`: what its flags, its folder and its session share."""

import dataclasses
import os.path
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval

from loft_jax.data.resize import Side
from loft_jax.data.sources import absolute_data, source_of
from loft_jax.errors import InputError
from loft_jax.priors.games import Game
from loft_jax.priors.row import Fitted
from loft_jax.priors.table import PRIORS, fitted
from loft_jax.runs.schema import WHERE
from loft_jax.runs.settings import Count, Device, RunConfig, Seed

QUICK_PICTURES = 512


@dataclass(frozen=True)
class FitConfig:
    """One prior and how it is trained."""

    prior: str = "dcgan"
    """Kind of generator, see below."""
    data: Annotated[str, WHERE] = "faces"
    """Public pictures: faces (synthetic people, none of them private), FILE.npz or a FOLDER."""
    size: Side | None = None
    """Side in pixels; none is the target's, or that of the files (faces: 32)."""
    channels: Literal[1, 3] | None = None
    """1 (gray) or 3 (RGB); none is the target's, or what the files have (faces: 3)."""
    count: Annotated[int, Interval(ge=16, le=10**7)] | None = None
    """Number of public pictures; none is all of a file, 8192 faces."""
    first_pictures: Annotated[int, Interval(ge=16, le=10**7)] | None = None
    """Not for what is drawn: use so many pictures, the first, as if there were no others; none is
    all."""
    target: Annotated[str | None, WHERE] = None
    """Run folder of the classifier under attack; kedmi, plgmi and tacgan are fitted to its answers;
    of any other prior, FID is measured in its features."""
    loss: str | None = None
    """Adversarial loss; none is the prior's own: for dcgan hinge, for style, plgmi, kedmi and
    tacgan r1 (logistic, gradient penalty on public pictures). dcgan and style also take wgan-gp;
    spectral normalisation goes with hinge."""
    steps: Annotated[int, Interval(ge=1, le=10**9)] | None = None
    """Iterations; none is the prior's own number (wgan-gp: half of it)."""
    critic_steps: Annotated[int, Interval(ge=1, le=1000)] | None = None
    """Discriminator updates in an iteration; none is 1 (wgan-gp: 5)."""
    batch: Annotated[int, Interval(ge=2, le=2**16)] = 32
    """Pictures in one update."""
    width: Annotated[int, Interval(ge=1, le=4096)] | None = None
    """Feature maps at full size, doubled with each halving of the side; none is 32 (plgmi-published
    16), half at 64 px: an update then costs twice as much for twice the side, not four times."""
    learning_rate: Annotated[float, Interval(gt=0, le=1e6)] | None = None
    """Of the generator's Adam; none is the prior's own. The discriminator's is in proportion."""
    ema: Annotated[float, Interval(ge=0, lt=1)] = 0.999
    """Largest decay of the moving average of the generator's weights; 0 is off."""
    top_n: Count = 30
    """plgmi and plgmi-published: public pictures that stand for each class."""
    seed: Seed = 0
    """Seeds pictures, weights, order and latents."""
    out: Annotated[str | None, WHERE] = None
    """Folder, exactly; none makes a new one under runs/."""
    resume: Annotated[str | None, WHERE] = None
    """Continue this folder, to the same bits as without a stop, with its own settings."""
    device: Annotated[Device, WHERE] = "auto"
    """Which kind of device to use."""
    quick: Annotated[bool, WHERE] = False
    """A smoke of the same path: few pictures, few steps, narrow networks."""
    cache: Annotated[bool, WHERE] = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""

    @property
    def row(self) -> Fitted:
        """How this kind of prior is fitted."""
        return fitted(self.prior)

    @property
    def game(self) -> Game:
        """What both networks minimise."""
        return self.row.games[self.loss or next(iter(self.row.games))]

    @property
    def critic_updates(self) -> int:
        """Discriminator updates in an iteration."""
        return self.critic_steps or self.game.critic_steps

    @property
    def rates(self) -> tuple[float, float]:
        """Learning rates of the generator and of the discriminator.

        A spectrally normalised discriminator learns slowly; one that learns four times as fast
        needs no second update. Source: Heusel et al. 2017 (two time-scales); Zhang et al. 2019
        (SAGAN, ratio 4). GMI's critic has five updates instead.
        """
        own = self.learning_rate or self.row.learning_rate
        return own, own * (1 if self.game.together else self.row.lead)

    def maps(self, size: int) -> int:
        """Feature maps at full size, for pictures of this side.

        Source: Karras et al. 2018, Progressive growing of GANs: maps in inverse proportion to the
        side, at most a constant.
        """
        return self.width or self.row.width * 32 // max(32, size)

    @property
    def iterations(self) -> int:
        """Generator updates in the run."""
        return self.steps or int(self.row.steps * self.game.share)

    @property
    def run(self) -> RunConfig:
        """What every job is begun with."""
        return RunConfig(seed=self.seed, device=self.device, cache=self.cache)

    def check(self) -> None:
        """Check what concerns several fields.

        Raises:
            InputError: naming the flag, what is allowed and what came.
        """
        games = self.row.games
        if self.loss is not None and self.loss not in games:
            allowed = " or ".join(games)
            msg = f"`--loss` must be {allowed} for --prior {self.prior}, got {self.loss}"
            raise InputError(msg)
        if PRIORS[self.prior].needs_target and self.target is None:
            msg = f"`--target` must name a run folder for --prior {self.prior}, got none"
            raise InputError(msg)


def quick(config: FitConfig) -> FitConfig:
    """The same path in seconds, where the flags leave room."""
    few = None if config.count else QUICK_PICTURES
    drawn = source_of(config.data).law is not None
    return dataclasses.replace(
        config,
        steps=config.steps or 10,
        count=few if drawn and few else config.count,
        first_pictures=config.first_pictures or (None if drawn else few),
        width=min(config.width or 8, 8),
        batch=min(config.batch, 16),
    )


def absolute(config: FitConfig) -> FitConfig:
    """The settings with paths absolute: a folder is continued from anywhere."""
    target = config.target and os.path.abspath(config.target)
    return dataclasses.replace(config, data=absolute_data(config.data), target=target)
