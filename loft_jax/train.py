"""python -m loft_jax.train: train a classifier, defended or not, and measure what it releases."""

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
    return _trained(lambda default: keywords.replaced(default, settings))


def _trained(read: cli.Read, started: float | None = None) -> "Result":
    from loft_jax.fitting.session import train_classifier

    return train_classifier(_asked(read), started=started)


def _asked(read: cli.Read) -> "TrainConfig":
    """The settings of flags: over a preset's, or over those of the run that goes on.

    Raises:
        InputError: if a flag is wrong, or contradicts the run that goes on.
    """
    from loft_jax.fitting.flags import TrainFlags, absolute, contradiction
    from loft_jax.fitting.presets import preset_for, quick
    from loft_jax.fitting.run_folder import RunFolder

    asked = read(TrainFlags())
    if asked.run.resume is not None:
        own = RunFolder.open(asked.run.resume, "--resume").config()
        config = read(TrainFlags.of(own)).resolved(own)
        contradiction(own, config)
        return absolute(config)
    name, preset = preset_for(asked.preset, asked.data.data)
    if asked.run.quick:
        preset = quick(preset, read(TrainFlags.of(preset)).data.data)
    return absolute(read(TrainFlags.of(preset)).resolved(preset), preset=name)


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


main = cli.command("train", _described, _trained, {"--list-defenses": _defenses})

cli.offer(__name__, run, main)
