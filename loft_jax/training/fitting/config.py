"""Settings of `python -m loft_jax.fit_prior`: what its flags, its folder and its session share."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from loft_jax.config import Device
from loft_jax.errors import InputError

FORMAT = 1
"""Version of the folder's layout; raised when an older reader would misread it."""


class Recipe(NamedTuple):
    """What a kind of prior is trained with when the flags do not say.

    Attributes:
        latent_dim: length of a latent vector.
        steps: iterations, one generator update each; for synthetic faces of 32 px in 10 minutes on
            two cores.
        critic_steps: discriminator updates in an iteration.
        needs_target: whether it is fitted to one target's answers.
        source: where it was published.
    """

    latent_dim: int
    steps: int
    critic_steps: int
    needs_target: bool
    source: str


RECIPES = {
    "dcgan": Recipe(100, 1500, 1, False, "Zhang et al. 2020 (GMI); Miyato et al. 2018"),
    "kedmi": Recipe(100, 1500, 1, True, "Chen et al. 2021 (KED-MI)"),
    "plgmi": Recipe(128, 1000, 1, True, "Yuan et al. 2023 (PLG-MI)"),
    "style": Recipe(128, 1000, 1, False, "Karras et al. 2019, 2020 (for PPA, MIRROR, IF-GMI)"),
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
    loss: Literal["hinge", "wgan-gp"] = "hinge"
    """Adversarial loss of dcgan and style; wgan-gp drops spectral normalisation."""
    steps: int | None = None
    """Iterations; none is the prior's own number."""
    critic_steps: int | None = None
    """Discriminator updates in an iteration; none is the prior's own number (wgan-gp: 5)."""
    batch: int = 64
    """Pictures in one update."""
    width: int = 32
    """Feature maps at full size; they double with each halving of the side."""
    learning_rate: float = 2e-4
    """Of Adam, for both networks."""
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
        usual = 5 if self.loss == "wgan-gp" else self.recipe.critic_steps
        return self.critic_steps or usual

    @property
    def iterations(self) -> int:
        """Generator updates in the run."""
        return self.steps or self.recipe.steps


def quick(config: FitConfig) -> FitConfig:
    """The same path in seconds, where the flags leave room."""
    return dataclasses.replace(
        config,
        steps=config.steps or 10,
        count=config.count or (512 if config.data == "faces" else None),
        width=min(config.width, 8),
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
        if count is not None and count < smallest:
            msg = f"`--{flag}` must be a whole number of at least {smallest}, got {count}"
            raise InputError(msg)
    if not 0 < config.learning_rate < float("inf"):
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
    if config.recipe.needs_target and config.loss != "hinge":
        msg = f"`--loss` must be left alone for --prior {config.prior}, got {config.loss}"
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
