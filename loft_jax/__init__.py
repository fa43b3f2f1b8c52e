"""Classifiers that give less away: train them with a defense, attack them, judge what came out.

Each command of `python -m loft_jax.NAME` is also a function `loft_jax.NAME(...)` whose arguments
have the names of the command's flags; it returns what the command prints, as numbers. Importing the
package loads nothing heavy.
"""

from importlib import import_module
from typing import Any

COMMANDS = (
    "train", "evaluate", "fit_prior", "tune_prior", "attack", "judge", "audit", "sweep",
    "reproduce", "report", "citation",
)  # fmt: skip
"""In the order of use; `python -m loft_jax` lists them."""


def __getattr__(name: str) -> Any:
    if name in COMMANDS:
        return import_module(f"{__name__}.{name}")
    if name == "__version__":
        return import_module("iie").__version__
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
