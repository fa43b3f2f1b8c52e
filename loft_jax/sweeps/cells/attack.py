"""An attack of a sweep on one classifier, judged at once."""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loft_jax.attacks.folder import NUMBERS, OUTCOMES, SHEET, AttackFolder
from loft_jax.attacks.request import content_of
from loft_jax.attacks.settings import AttackConfig
from loft_jax.attacks.variant import VARIANT
from loft_jax.errors import InputError
from loft_jax.judging.settings import Judges
from loft_jax.runs import schema
from loft_jax.runs.arrays import read_arrays
from loft_jax.runs.identity import content
from loft_jax.sweeps.cells.base import Job, Place
from loft_jax.sweeps.cells.model import Model
from loft_jax.sweeps.cells.prior import Prior


@dataclass(frozen=True)
class Given:
    """A prior, or public pictures, that were there before the sweep.

    Attributes:
        name: as `--prior` has it: a row of the table, or a folder; or as `--public` has it.
        weights: hash of what lies there; empty for a row.
    """

    name: str
    weights: str = ""


@dataclass(frozen=True)
class Attack(Job):
    """An attack.

    Attributes:
        model: the classifier.
        config: the attack.
        prior: where its pictures come from.
        judges: the evaluators.
        independent: who else judges, as `--independent` has it.
        strangers: who set what an open-set success must exceed; None leaves it to the judges.
        searched: the attack whose strongest variant this one takes; None is its own recipe.
    """

    room = "attacks"

    model: Model
    config: AttackConfig
    prior: Prior | Given
    judges: tuple[Model, ...]
    independent: str = "auto"
    strangers: Given | None = None
    searched: "Attack | None" = None

    @property
    def stem(self) -> str:
        """Recipe, form, and what it may ask."""
        adaptive = "" if self.config.adaptive == "none" else f"-{self.config.adaptive}"
        queries = "" if self.config.queries is None else f"-{self.config.queries}"
        return f"{self.config.attack}{adaptive}{queries}"

    def content(self) -> dict[str, Any]:
        """The recipe's numbers, target, prior and judges."""
        prior = self.prior.content() if isinstance(self.prior, Prior) else self._given(self.prior)
        return {
            "attack": self.config.attack,
            **self._content(self.config),
            "model": self.model.content(),
            "prior": prior,
            "judges": [judge.content() for judge in self.judges],
            "judging": content(Judges(independent=self.independent)),
            **({} if self.strangers is None else {"strangers": self.strangers.weights}),
            **({} if self.searched is None else {"searched": self.searched.content()}),
        }

    @property
    def prior_label(self) -> str:
        """What the prior is called in the table."""
        return self.prior.label if isinstance(self.prior, Prior) else Path(self.prior.name).name

    def needs(self) -> tuple[Job, ...]:
        """Target, evaluators, the search, and the prior if it is fitted here."""
        prior = (self.prior,) if isinstance(self.prior, Prior) else ()
        searched = () if self.searched is None else (self.searched,)
        return (self.model, *prior, *self.judges, *searched)

    def asked(self, folder: Path) -> tuple[Any, Any]:
        """Of the attack."""
        found = AttackFolder.open(folder).config()
        if self.searched is not None:  # then it names the variant's file, wherever that lies
            found = dataclasses.replace(found, attack=self.config.attack)
        return self._content(found), self._content(self.config)

    def finished(self, folder: Path) -> bool:
        """Whether it is judged; a damaged judgement is made again."""
        attack = AttackFolder(folder)
        if NUMBERS not in attack:
            return False
        try:
            attack.read(NUMBERS)
            read_arrays(folder / OUTCOMES)
        except InputError:
            return False
        return True

    @property
    def pictures_drawn(self) -> tuple[str, ...]:
        """What was found, beside real pictures."""
        return (SHEET,)

    def run(self, place: Place, *, going: bool) -> None:
        """Attack and judge."""
        from loft_jax.judging.session import attack_and_judge

        prior = place.of(self.prior) if isinstance(self.prior, Prior) else self.prior.name
        where = {"resume" if going else "out": place.of(self)}
        if self.searched is not None:
            where["attack"] = str(self.searched.folder(place.root) / VARIANT)
        config = dataclasses.replace(
            self.config,
            path=place.of(self.model),
            prior=prior,
            memory=place.memory,
            device=place.device,
            cache=place.cache,
            **where,
        )
        evaluators = tuple(place.of(judge) for judge in self.judges)
        strangers = None if self.strangers is None else self.strangers.name
        judges = Judges(evaluators=evaluators, independent=self.independent, strangers=strangers)
        attack_and_judge(config, judges, started=time.perf_counter())

    def _content(self, config: AttackConfig) -> dict[str, Any]:
        training = self.model.config
        return content_of(config, training.model.defense, schema.write(training.augment))

    def _given(self, prior: Given) -> Any:
        # A folder is what it holds, wherever it lies.
        return {"weights": prior.weights} if prior.weights else prior.name
