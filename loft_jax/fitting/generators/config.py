"""Settings of `python -m loft_jax.fit_prior`: what its flags, its folder and its session share."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from loft_jax.config import at_least
from loft_jax.data.sources import source_of
from loft_jax.errors import InputError
from loft_jax.runs.settings import Device

FORMAT = 1
"""Version of the folder's layout; raised when an older reader would misread it."""


class Recipe(NamedTuple):
    """What a kind of prior is trained with when the flags do not say.

    Attributes:
        latent_dim: length of a latent vector.
        width: feature maps at full size, up to 32 px.
        steps: iterations, one generator update each, up to 32 px; at most 10 minutes on two cores.
        loss: adversarial loss; that of kedmi is its own.
        learning_rate: of the generator's Adam.
        lead: how many times as fast the discriminator learns.
        needs_target: whether it is fitted to one target's answers.
        source: where it was published.
    """

    latent_dim: int
    width: int
    steps: int
    loss: Literal["hinge", "wgan-gp", "r1"]
    learning_rate: float
    lead: float
    needs_target: bool
    source: str


RECIPES = {
    "dcgan": Recipe(
        100, 32, 1000, "hinge", 4e-4, 2, False, "Zhang et al. 2020 (GMI); Miyato et al. 2018"
    ),
    "kedmi": Recipe(100, 32, 2500, "hinge", 4e-4, 2, True, "Chen et al. 2021 (KED-MI)"),
    # Blocks of two convolutions, in both networks: four times the cost of dcgan at its width.
    "plgmi": Recipe(128, 16, 2000, "hinge", 4e-4, 2, True, "Yuan et al. 2023 (PLG-MI)"),
    # Under the hinge with spectral normalisation the discriminator stays blind to this generator
    # (loss 2) and the samples draw together; logistic with R1 is also what StyleGAN2 publishes.
    "style": Recipe(
        128, 32, 750, "r1", 5e-4, 1, False, "Karras et al. 2019, 2020 (for PPA, MIRROR, IF-GMI)"
    ),
}


@dataclass(frozen=True)
class FitConfig:
    """One prior and how it is trained."""

    prior: Literal["dcgan", "kedmi", "plgmi", "style"] = "dcgan"
    """Kind of generator, see below."""
    data: str = "faces"
    """Public pictures: faces (synthetic people, none of them private), FILE.npz or a FOLDER."""
    size: int | None = None
    """Side in pixels; none is the target's, or that of the files (faces: 32)."""
    channels: int | None = None
    """1 (gray) or 3 (RGB); none is the target's, or what the files have (faces: 3)."""
    count: int | None = None
    """Number of public pictures; none is all of a file, 8192 faces."""
    target: str | None = None
    """Run folder of the classifier under attack; kedmi and plgmi are fitted to its answers."""
    loss: Literal["hinge", "wgan-gp", "r1"] | None = None
    """Adversarial loss; none is the prior's own: hinge, for style r1 (logistic, gradient penalty on
    public pictures). dcgan and style also take wgan-gp; spectral normalisation goes with hinge."""
    steps: int | None = None
    """Iterations; none is the prior's own number (wgan-gp: half of it)."""
    critic_steps: int | None = None
    """Discriminator updates in an iteration; none is 1 (wgan-gp: 5)."""
    batch: int = 32
    """Pictures in one update."""
    width: int | None = None
    """Feature maps at full size, doubled with each halving of the side; none is 32 (plgmi 16), half
    at 64 px: an update then costs twice as much for twice the side, not four times."""
    learning_rate: float | None = None
    """Of the generator's Adam; none is the prior's own. The discriminator's is in proportion."""
    ema: float = 0.999
    """Largest decay of the moving average of the generator's weights; 0 is off."""
    top_n: int = 30
    """plgmi only: public pictures that stand for each class."""
    seed: int = 0
    """Seeds pictures, weights, order and latents."""
    out: str | None = None
    """Folder, exactly; none makes a new one under runs/."""
    resume: str | None = None
    """Continue this folder, to the same bits as without a stop, with its own settings."""
    device: Device = "auto"
    """Which kind of device to use."""
    quick: bool = False
    """A smoke of the same path: few pictures, few steps, narrow networks."""
    cache: bool = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""

    @property
    def recipe(self) -> Recipe:
        """The row of this kind of prior."""
        return RECIPES[self.prior]

    @property
    def critic_updates(self) -> int:
        """Discriminator updates in an iteration."""
        return self.critic_steps or (5 if self.adversary == "wgan-gp" else 1)

    @property
    def adversary(self) -> Literal["hinge", "wgan-gp", "r1"]:
        """The adversarial loss."""
        return self.loss or self.recipe.loss

    @property
    def rates(self) -> tuple[float, float]:
        """Learning rates of the generator and of the discriminator.

        A spectrally normalised discriminator learns slowly; one that learns four times as fast
        needs no second update. Source: Heusel et al. 2017 (two time-scales); Zhang et al. 2019
        (SAGAN, ratio 4). GMI's critic has five updates instead.
        """
        own = self.learning_rate or self.recipe.learning_rate
        return own, own * (1 if self.adversary == "wgan-gp" else self.recipe.lead)

    def maps(self, size: int) -> int:
        """Feature maps at full size, for pictures of this side.

        Source: Karras et al. 2018, Progressive growing of GANs: maps in inverse proportion to the
        side, at most a constant.
        """
        return self.width or self.recipe.width * 32 // max(32, size)

    @property
    def iterations(self) -> int:
        """Generator updates in the run."""
        usual = self.recipe.steps
        return self.steps or (usual // 2 if self.adversary == "wgan-gp" else usual)


def quick(config: FitConfig) -> FitConfig:
    """The same path in seconds, where the flags leave room."""
    return dataclasses.replace(
        config,
        steps=config.steps or 10,
        count=config.count or (512 if source_of(config.data).law else None),
        width=min(config.width or 8, 8),
        batch=min(config.batch, 16),
    )


def check(config: FitConfig) -> None:
    """Check every setting that can be judged without looking at data or devices.

    Raises:
        InputError: naming the flag, what is allowed and what came.
    """
    for flag, count, smallest in (
        ("count", config.count, 16),
        ("steps", config.steps, 1),
        ("critic-steps", config.critic_steps, 1),
        ("batch", config.batch, 2),
        ("width", config.width, 1),
        ("top-n", config.top_n, 1),
        ("seed", config.seed, 0),
    ):
        at_least(flag, count, smallest)
    if config.learning_rate is not None and not 0 < config.learning_rate < float("inf"):
        msg = f"`--learning-rate` must be a number above 0, got {config.learning_rate}"
        raise InputError(msg)
    if not 0 <= config.ema < 1:
        msg = f"`--ema` must be a number in [0, 1), got {config.ema}"
        raise InputError(msg)
    if config.channels not in (None, 1, 3):
        msg = f"`--channels` must be 1 (gray) or 3 (RGB), got {config.channels}"
        raise InputError(msg)
    if config.recipe.needs_target and config.target is None:
        msg = f"`--target` must name a run folder for --prior {config.prior}, got none"
        raise InputError(msg)
    if config.recipe.needs_target and config.adversary != config.recipe.loss:
        msg = f"`--loss` must be left alone for --prior {config.prior}, got {config.loss}"
        raise InputError(msg)
    if config.prior == "dcgan" and config.adversary == "r1":
        msg = "`--loss` must be hinge or wgan-gp for --prior dcgan, got r1"
        raise InputError(msg)


def from_dict(values: dict[str, Any]) -> FitConfig:
    """The settings in a folder's config.json.

    Raises:
        InputError: if it is of another version, or a name is unknown or missing.
    """
    values = dict(values)
    found = values.pop("format", None)
    names = {field.name for field in dataclasses.fields(FitConfig)}
    if found != FORMAT or set(values) != names:
        odd = ", ".join(sorted(set(values) ^ names)) or f"format {found}"
        msg = f"`config.json` must hold the settings of a prior of this version, got {odd}"
        raise InputError(msg)
    return FitConfig(**values)
