"""A variant of a recipe: another loss, weight and effort, kept as a JSON file that names it."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Interval

from loft_jax.attacks.settings import AttackConfig
from loft_jax.errors import InputError
from loft_jax.runs import schema
from loft_jax.runs.files import read_json

VARIANT = "strongest.json"
"""Its name in the folder of an attack."""


@dataclass(frozen=True)
class Variant:
    """What flags of `python -m loft_jax.attack` say, in a file that `--attack` may name.

    Attributes:
        attack: recipe that it is a variant of.
        adaptive: form.
        prior_weight: see `--prior-weight`; None is the recipe's own, as below.
        steps: of each phase.
        restarts: searches for each reconstruction that is kept.
        views: which random views.
    """

    attack: str
    adaptive: str
    prior_weight: Annotated[float, Interval(gt=0, le=10**6)] | None
    steps: Annotated[int, Interval(ge=1, le=10**6)] | None
    restarts: Annotated[int, Interval(ge=1, le=10**4)] | None
    views: Literal["auto", "target", "recipe", "none"]

    def applied(self, config: AttackConfig) -> AttackConfig:
        """The settings with the variant's own wherever they say nothing."""
        silent, changes = AttackConfig(), {"attack": self.attack}
        for field in dataclasses.fields(self)[1:]:
            if getattr(config, field.name) == getattr(silent, field.name):
                changes[field.name] = getattr(self, field.name)
        return dataclasses.replace(config, **changes)

    def __str__(self) -> str:
        """As flags."""
        named = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        silent = dataclasses.asdict(AttackConfig())
        said = {
            name: value
            for name, value in named.items()
            if name == "attack" or value != silent[name]
        }
        return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in said.items())


def variant_of(config: AttackConfig) -> Variant | None:
    """The variant that is attacked by: of the attack that goes on, or of the file of `--attack`.

    Raises:
        InputError: if the file is not there or holds something else.
    """
    if config.resume is not None and (kept := Path(config.resume) / VARIANT).is_file():
        return _read(kept)
    return _read(Path(config.attack)) if names_file(config.attack) else None


def names_file(attack: str) -> bool:
    """Whether `--attack` names a variant's file instead of a recipe."""
    return attack.endswith(".json")


def called(attack: str) -> str:
    """What tables call the attack: the recipe, or the file of a variant without its folder."""
    return Path(attack).stem if names_file(attack) else attack


def settled(config: AttackConfig) -> AttackConfig:
    """The settings with those of the variant, if there is one."""
    variant = variant_of(config)
    return config if variant is None else variant.applied(config)


def _read(path: Path) -> Variant:
    if not path.is_file():
        msg = (
            f"`--attack` must be a recipe or the file of a variant, got {path}, which is not there"
        )
        raise InputError(msg)
    found = schema.read(Variant, read_json(path), str(path))
    if names_file(found.attack) or found.attack == "strongest":
        msg = f"`{path}` must be a variant of a recipe, got one of {found.attack}"
        raise InputError(msg)
    return found
