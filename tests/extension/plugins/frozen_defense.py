"""A defense that starts from another run and trains the head alone."""

import dataclasses
from dataclasses import dataclass

from loft_jax.defenses.base import About, Defense
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.table import DEFENSES


@dataclass(frozen=True)
class Frozen(Defense):
    """The trunk of an undefended run, as it is; a new head."""

    tag = "frozen"
    about = About("Frozen trunk", "tests", "trains the head alone, on another run's trunk")

    def start_from(self, config):
        plain = dataclasses.replace(config.model, defense=NoDefense())
        return dataclasses.replace(config, model=plain)

    def trainable(self, path, order):
        return path[0] != "trunk"


DEFENSES["frozen"] = Frozen
