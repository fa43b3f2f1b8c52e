"""python -m loft_jax.tune_prior ATTACK: draw a generator towards what an attack found in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.runs.session import Result

DESCRIPTION = """Tune the prior of a finished attack on its own best reconstructions (PPDG-MI), for
a second attack. No private picture is read."""


def run(attack: str | Path, **settings: Any) -> "Result":
    """Tune a prior; `settings` are the command's flags, such as steps=150.

    Args:
        attack: folder of the attack.
        settings: flags by name.

    Raises:
        InputError: see `loft_jax.errors`.
        Stopped: if a signal came; nothing is written.
    """
    return _tuned(lambda default: keywords.replaced(default, {"path": str(attack), **settings}))


def _tuned(read: cli.Read, started: float | None = None) -> "Result":
    from loft_jax.attacks.tuned_prior import TuneConfig, tune_prior

    return tune_prior(read(TuneConfig()), started=started)


main = cli.command("tune_prior", DESCRIPTION, _tuned)

cli.offer(__name__, run, main)
