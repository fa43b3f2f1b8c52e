"""The image priors, a row each: what `--prior` may name.

A plug-in adds a prior that is there by `PRIORS["mine"] = Prior("...", load=...)`, one that
`python -m loft_jax.fit_prior` fits by `PRIORS["mine"] = Prior("...", fitted=Fitted(...))`.
"""

from loft_jax.errors import InputError
from loft_jax.priors import dcgan, kedmi, pixels, plgmi, renderer, style, tacgan
from loft_jax.priors.row import Fitted, Prior
from loft_jax.runs.rows import Rows

PRIORS: Rows[Prior] = Rows(
    "prior",
    {
        "pixels": pixels.ROW,
        "renderer": renderer.ROW,
        "dcgan": dcgan.ROW,
        "kedmi": kedmi.ROW,
        "kedmi-published": kedmi.PUBLISHED,
        "plgmi": plgmi.ROW,
        "plgmi-published": plgmi.PUBLISHED,
        "style": style.ROW,
        "tacgan": tacgan.ROW,
    },
    Prior,
)


def fitted(name: str) -> Fitted:
    """How the prior of this name is fitted.

    Raises:
        InputError: if there is none, or nothing about it is fitted.
    """
    found = PRIORS.named(name).fitted
    if found is None:
        msg = f"`--prior` must be one that is fitted, {', '.join(fittable())}, got {name}"
        raise InputError(msg)
    return found


def fittable() -> list[str]:
    """Names of the priors that `python -m loft_jax.fit_prior` fits."""
    return [name for name, row in PRIORS.items() if row.fitted is not None]
