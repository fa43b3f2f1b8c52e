"""Classifiers that give less away: train them with a defense, attack them, judge what came out.

Each command of `python -m loft_jax.NAME` is also a function `loft_jax.NAME(...)` whose arguments
have the names of the command's flags; it returns what the command prints, as numbers. Importing the
package loads nothing heavy.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

_COMMANDS = (
    "train", "evaluate", "fit_prior", "tune_prior", "attack", "judge", "audit", "sweep",
    "reproduce", "report",
)  # fmt: skip


def __getattr__(name: str) -> ModuleType:
    if name in _COMMANDS:
        return import_module(f"{__name__}.{name}")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
