"""What one attack consists of: target, recipe, prior and classes, and what they make together."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Int64
from rich.console import Console

from loft_jax.attacks.adaptive import adapted, straight_through
from loft_jax.attacks.compatibility import check_prior, check_strangers
from loft_jax.attacks.engine import Engine
from loft_jax.attacks.folder import fingerprint
from loft_jax.attacks.helpers import Helpers, helper_trunks, load_helpers
from loft_jax.attacks.parts.public import drawn_pictures
from loft_jax.attacks.recipes import Recipe, recipe_named
from loft_jax.attacks.settings import AttackConfig
from loft_jax.data.dataset import Dataset
from loft_jax.data.sources import source_of
from loft_jax.errors import InputError
from loft_jax.fitting.session import load_data
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.judging.measures import Private
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.priors import ImagePrior, load_prior
from loft_jax.priors.renderer import RendererPrior
from loft_jax.runs import devices

LESSONS = 4096
"""Pictures that teach distilled models."""


@dataclass(frozen=True)
class Request:
    """What is attacked, how and with what: everything but the evaluators.

    Attributes:
        config: what was asked.
        recipe: with the steps and candidates asked for, in its adaptive form.
        labels: classes under attack.
        target: the classifier.
        prior: where pictures come from.
        prior_name: as `--prior` has it.
        data: the target's pictures, for judging alone.
        mesh: devices.
    """

    config: AttackConfig
    recipe: Recipe
    labels: Int64[np.ndarray, " k"]
    target: Trained
    prior: ImagePrior
    prior_name: str
    data: Dataset
    mesh: Mesh

    @property
    def knows_people(self) -> bool:
        """Whether identity errors are wanted and the true people known."""
        return self.config.identity and source_of(self.target.config.data.data).law is not None

    @property
    def fits_people(self) -> bool:
        """Whether, for that, people must be fitted to pictures."""
        return self.knows_people and not isinstance(self.prior, RendererPrior)

    def engine(self, helpers: tuple[FrozenClassifier, ...]) -> Engine:
        """The recipe bound to the target and those that help it; scores the candidates."""
        attacked = self.target.classifier
        if self.config.adaptive == "straight-through":
            attacked = straight_through(attacked)
        return Engine(
            (attacked, *helpers),
            devices.replicate(self.mesh, self.prior),
            self.recipe,
            self.target.pictures.classes,
            self.config.per_class,
            jax.random.key(self.config.seed),
            self.mesh,
        )

    def helpers(self, out: Console) -> Helpers:
        """Distilled models, as many as the recipe asks for, taught by the prior's own pictures."""
        count, target = self.recipe.helpers, self.target
        if not count:
            return Helpers((), (), 0.0)
        trunks = helper_trunks(target.config.model.trunk, self.prior.size, count)
        key = jax.random.key(self.config.seed)
        images = drawn_pictures(self.prior, target.pictures.classes, key, LESSONS)
        folder = target.folder.path / "helpers"
        return load_helpers(
            target.classifier, images, folder, self.mesh, out, trunks=trunks, seed=self.config.seed
        )

    def instance(self) -> dict[str, Any]:
        """What tells this attack from every other: names, and fingerprints of the networks."""
        recipe = self.recipe
        return {
            "run": str(self.target.folder.path),
            "target": fingerprint((self.target.classifier.params, self.target.classifier.stats)),
            "attack": self.config.attack,
            "adaptive": self.config.adaptive,
            "recipe": repr((recipe.objective, recipe.rule, recipe.search, recipe.selection)),
            "prior": self.prior_name,
            "prior_weights": fingerprint(self.prior),
            "labels": self.labels.tolist(),
            "per_class": self.config.per_class,
            "seed": self.config.seed,
        }

    def private(self) -> Private:
        """The target's pictures of the attacked classes."""
        split = self.target.folder.split(self.data)
        return Private(
            self.data,
            *(
                [part[self.data.labels[part] == label] for label in self.labels]
                for part in (split.train, split.test)
            ),
        )


def recipe_for(config: AttackConfig) -> Recipe:
    """The recipe with the command line's steps and candidates, and its adaptive form.

    Raises:
        InputError: if there is none.
    """
    recipe = recipe_named(config.attack)
    if config.steps is not None:
        phases = (dataclasses.replace(phase, steps=config.steps) for phase in recipe.search)
        recipe = dataclasses.replace(recipe, search=tuple(phases))
    if config.candidates is not None:
        selection = dataclasses.replace(recipe.selection, candidates=config.candidates)
        recipe = dataclasses.replace(recipe, selection=selection)
    return adapted(recipe, config.adaptive)


def request_for(config: AttackConfig, recipe: Recipe, labels: Int64[np.ndarray, " k"]) -> Request:
    """The request, with target, prior and pictures loaded.

    Raises:
        InputError: if one of them is not as it must be, or the prior not what the recipe needs.
    """
    mesh = devices.data_mesh()
    target = load_trained(config.path, mesh)
    pictures, name = target.pictures, config.prior or recipe.default_prior
    if name is None:
        msg = (
            f"`--prior` must be the folder of a trained prior for {config.attack}, which needs "
            f"{' and '.join(recipe.needs)}, got none; train one with python -m loft_jax.fit_prior"
        )
        raise InputError(msg)
    prior = load_prior(
        name,
        size=pictures.size,
        channels=pictures.channels,
        seed=target.config.data_seed,
        law=source_of(target.config.data.data).law,
    )
    check_prior(config.attack, recipe, prior)
    data = load_data(target.config)
    check_strangers(name, data)
    return Request(config, recipe, labels, target, prior, name, data, mesh)
