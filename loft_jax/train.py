"""python -m loft_jax.train: train a classifier, defended or not, and measure what it releases."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

if __name__ == "__main__":
    from loft_jax.runs.interrupt import leave_quietly

    leave_quietly()

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.fitting.settings import TrainConfig
    from loft_jax.runs.session import Result

DESCRIPTION = """Train a classifier on synthetic faces, digits or your own pictures, with a defense
against model inversion (LoFt: features -> r -> tanh -> classes) or without, and measure the rank of
what it releases."""


def run(**settings: Any) -> "Result":
    """Train a classifier; `settings` are the command's flags, such as rank=64, data="faces".

    Raises:
        InputError, SaveError, DivergenceError: see `loft_jax.errors`.
        Stopped: if a signal came; all is saved.
    """
    from loft_jax.fitting.session import train_classifier

    return train_classifier(_asked(lambda default: keywords.replaced(default, settings)))


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.fitting.session import train_classifier

    if "--list-defenses" in args:
        cli.show(_defenses())
        return 0

    def parsed(default: Any) -> Any:
        return cli.parse(
            type(default),
            prog="python -m loft_jax.train",
            description=_described(),
            args=args,
            default=default,
        )

    cli.show(train_classifier(_asked(parsed), started=_STARTED))
    return 0


def _asked(parsed: Any) -> "TrainConfig":
    """The settings of flags: over a preset's, or over those of the run that goes on.

    Args:
        parsed: gives the flags, with what none names as in its argument.

    Raises:
        InputError: if a flag is wrong, or contradicts the run that goes on.
    """
    from loft_jax.fitting.flags import TrainFlags, absolute, contradiction
    from loft_jax.fitting.presets import preset_for, quick
    from loft_jax.fitting.run_folder import RunFolder

    asked = parsed(TrainFlags())
    if asked.run.resume is not None:
        own = RunFolder.open(asked.run.resume, "--resume").config()
        config = parsed(TrainFlags.of(own)).resolved(own)
        contradiction(own, config)
        return absolute(config)
    name, preset = preset_for(asked.preset, asked.data.data)
    if asked.run.quick:
        preset = quick(preset, parsed(TrainFlags.of(preset)).data.data)
    return absolute(parsed(TrainFlags.of(preset)).resolved(preset), preset=name)


def _described() -> str:
    from loft_jax.defenses.table import DEFENSES
    from loft_jax.fitting.presets import PRESETS
    from loft_jax.nets.trunks.table import TRUNKS

    parts = [DESCRIPTION, "", "Presets:"]
    parts += [f"  {name}: {preset.note}" for name, preset in PRESETS.items()]
    parts += ["", f"Trunks: {', '.join(TRUNKS)}", "", "Defenses (--list-defenses tells more):"]
    parts += [f"  {name}: {row.about.title}" for name, row in DEFENSES.items()]
    return "\n".join(parts)


def _defenses() -> Any:
    from loft_jax.defenses.listing import listing

    return listing()


cli.callable_module(__name__, run)

if __name__ == "__main__":
    cli.run(main)
