"""python -m loft_jax.fit_prior: train a generator on public pictures, for attacks to search in."""

from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.fitting.generators.settings import FitConfig
    from loft_jax.runs.session import Result

DESCRIPTION = """Train an image prior on public pictures, never on the target's own: a generator
whose latent space attacks search, with its discriminator."""


def run(**settings: Any) -> "Result":
    """Fit a prior; `settings` are the command's flags, such as prior="dcgan", steps=1000.

    Raises:
        InputError, SaveError, DivergenceError: see `loft_jax.errors`.
        Stopped: if a signal came; all is saved.
    """
    return _fitted(lambda default: keywords.replaced(default, settings))


def _fitted(read: cli.Read, started: float | None = None) -> "Result":
    from loft_jax.fitting.generators.session import fit_generator

    return fit_generator(_asked(read), started=started)


def _asked(read: cli.Read) -> "FitConfig":
    """The settings of flags: over the defaults, or over those of the folder that goes on.

    Raises:
        InputError: if a flag is wrong, or contradicts the folder that goes on.
    """
    from loft_jax.fitting.flags import contradiction
    from loft_jax.fitting.generators.folder import PriorFolder
    from loft_jax.fitting.generators.settings import FitConfig, absolute, quick

    asked = read(FitConfig())
    if asked.resume is not None:
        own = PriorFolder.open(asked.resume, "--resume").config()
        config = absolute(read(own))
        contradiction(own, config)
        return config
    return absolute(quick(asked) if asked.quick else asked)


def _described() -> str:
    from loft_jax.priors.table import PRIORS

    lines = [
        f"  {name}: {row.title}; {row.fitted.steps} steps, latents {row.fitted.latent_dim}; "
        f"{row.source}{'; needs --target' if row.needs_target else ''}"
        for name, row in PRIORS.items()
        if row.fitted is not None
    ]
    return "\n".join([DESCRIPTION, "", "Priors:", *lines])


main = cli.command("fit_prior", _described, _fitted)

cli.offer(__name__, run, main)
