"""The cells of a sweep: a classifier, a prior, an attack; each named by what it is made of."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loft_jax.attacks.settings import AttackConfig
from loft_jax.config import to_dict
from loft_jax.fitting.generators.config import FitConfig
from loft_jax.fitting.settings import TrainConfig
from loft_jax.runs.settings import RunConfig

FORMAT = 1
"""Raised when the same configuration would no longer give the same result."""
PLACES = ("path", "out", "resume", "device", "cache", "evaluators", "target")
"""Settings that say where something lies, not what it is."""


@dataclass(frozen=True)
class Model:
    """A classifier.

    Attributes:
        config: how it is trained; of `run` only the seed counts.
        compression: (method, rank) by which its plain head is cut afterwards, or None.
    """

    config: TrainConfig
    compression: tuple[str, int] | None = None

    @property
    def original(self) -> "Model":
        """What is trained: the same without compression."""
        return dataclasses.replace(self, compression=None)

    @property
    def content(self) -> dict[str, Any]:
        """What it is made of, as plain values; where it lies is no part of it."""
        config = dataclasses.replace(self.config, run=RunConfig(seed=self.config.run.seed))
        made: dict[str, Any] = {"format": FORMAT, **to_dict(config)}
        return made if self.compression is None else {**made, "compression": [*self.compression]}

    @property
    def name(self) -> str:
        """Its folder's name."""
        model = self.config.model
        head = "plain" if model.rank is None else f"rank{model.rank}-{model.activation}"
        if self.compression is not None:
            head = f"{self.compression[0]}{self.compression[1]}"
        data = Path(self.config.data.data).stem
        return f"{data}-{model.trunk}-{head}-seed{self.config.run.seed}-{digest(self.content)}"


@dataclass(frozen=True)
class Prior:
    """A generator trained on public pictures.

    Attributes:
        config: how.
        target: the classifier that it is fitted to, for the kinds that are.
    """

    config: FitConfig
    target: Model | None

    @property
    def content(self) -> dict[str, Any]:
        """What it is made of."""
        target = None if self.target is None else self.target.content
        return {"format": FORMAT, **_bare(self.config), "target": target}

    @property
    def name(self) -> str:
        """Its folder's name."""
        return f"{self.config.prior}-{digest(self.content)}"

    @property
    def label(self) -> str:
        """A short name for all that are fitted alike, each to its own target."""
        return f"{self.config.prior}-{digest({**self.content, 'target': None})[:4]}"


@dataclass(frozen=True)
class Attack:
    """An attack on a classifier.

    Attributes:
        model: the classifier.
        config: the attack.
        prior: where its pictures come from: a generator of the sweep, or what `--prior` names.
        judges: the evaluators.
    """

    model: Model
    config: AttackConfig
    prior: Prior | str | None
    judges: tuple[Model, ...]

    @property
    def content(self) -> dict[str, Any]:
        """What it is made of."""
        prior = self.prior.content if isinstance(self.prior, Prior) else self.prior
        judges = [judge.content for judge in self.judges]
        return {
            "format": FORMAT,
            **_bare(self.config),
            "model": self.model.content,
            "prior": prior,  # instead of the place in which it lies
            "judges": judges,
        }

    @property
    def name(self) -> str:
        """Its folder's name."""
        adaptive = "" if self.config.adaptive == "none" else f"-{self.config.adaptive}"
        return f"{self.config.attack}{adaptive}-{digest(self.content)}"


Cell = Model | Prior | Attack


def digest(content: dict[str, Any]) -> str:
    """Twelve hexadecimal digits that stand for the content."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _bare(config: AttackConfig | FitConfig) -> dict[str, Any]:
    return {name: v for name, v in dataclasses.asdict(config).items() if name not in PLACES}
