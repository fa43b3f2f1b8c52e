"""What one attack consists of: target, recipe, prior and classes, and what they make together."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Int64
from rich.console import Console

from loft_jax.attacks.adaptive import adapted, form_named, within_budget
from loft_jax.attacks.compatibility import check_offers
from loft_jax.attacks.helpers import Helpers, helper_trunks, load_helpers
from loft_jax.attacks.parts.public import drawn_pictures
from loft_jax.attacks.parts.transforms import NO_TRANSFORM, of_training
from loft_jax.attacks.recipes.base import EFFORTS, Recipe, Setting
from loft_jax.attacks.recipes.strongest import people
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.search.base import Search
from loft_jax.attacks.settings import AttackConfig, attacked_classes
from loft_jax.attacks.variant import Variant, called, settled, variant_of
from loft_jax.defenses.base import Defense
from loft_jax.errors import InputError
from loft_jax.fitting.fitted_folder import RESULT
from loft_jax.fitting.generators.folder import PriorFolder
from loft_jax.priors import ImagePrior, load_prior
from loft_jax.priors.table import PRIORS
from loft_jax.runs import devices, schema
from loft_jax.runs.arrays import fingerprint
from loft_jax.runs.identity import content
from loft_jax.targets.asked import Asked
from loft_jax.targets.base import Network, Target

Augmentation = Mapping[str, Any]

LESSONS = 4096
"""Pictures that teach distilled models."""


@dataclass(frozen=True)
class Request:
    """What is attacked, how and with what.

    Attributes:
        config: what was asked.
        recipe: with the numbers asked for, in its adaptive form.
        labels: classes under attack.
        target: the classifier.
        prior: where pictures come from.
        prior_name: as `--prior` has it.
        mesh: devices.
        variant: of a recipe, if it is one that is attacked by.
    """

    config: AttackConfig
    recipe: Recipe
    labels: Int64[np.ndarray, " k"]
    target: Target
    prior: ImagePrior
    prior_name: str
    mesh: Mesh
    variant: Variant | None = None

    @property
    def form(self) -> str:
        """The adaptive form, which a variant may say."""
        return self.settled.adaptive

    @property
    def settled(self) -> AttackConfig:
        """What was asked, with what the variant says."""
        return self.config if self.variant is None else self.variant.applied(self.config)

    def varied(self, variant: Variant) -> "Request":
        """The same by a variant of a recipe.

        Raises:
            InputError: if there is no such recipe or form, or this target lacks what it needs.
        """
        asked, target = variant.applied(self.config), self.target
        recipe = adapted(recipe_for(asked, target.augmentation), asked.adaptive, target.adaptive)
        check_offers(asked.attack, recipe, target, self.prior)
        return dataclasses.replace(self, recipe=recipe, variant=variant)

    def start(self, helpers: tuple[Network, ...]) -> Search:
        """The recipe bound to the target and those that help it; scores the candidates."""
        networks: tuple[Network, ...] = helpers
        if self.recipe.asks == "white":
            networks = (self.network, *helpers)
        setting = Setting(
            self.asked,
            networks,
            devices.replicate(self.mesh, self.prior),
            self.config.per_class,
            jax.random.key(self.config.seed),
            self.mesh,
        )
        return self.recipe.start(setting)

    @property
    def asked(self) -> Target:
        """The target, showing no more than the recipe needs, asked as often as the form says."""
        access, times = self.recipe.asks, form_named(self.form, self.target.adaptive).repeats
        if access == self.target.access and times == 1:
            return self.target
        return Asked(self.target, access, times)

    @property
    def network(self) -> Network:
        """The target's, in the adaptive form."""
        form = form_named(self.form, self.target.adaptive)
        return form.network(self.target.network)  # pyright: ignore[reportArgumentType]

    def helpers(self, out: Console) -> Helpers:
        """Distilled models, as many as the recipe asks for, taught by the prior's own pictures."""
        count, target = self.recipe.helpers, self.target
        if not count:
            return Helpers((), (), 0.0)
        key = jax.random.key(self.config.seed)
        images = drawn_pictures(self.prior, target.classes, key, LESSONS)
        folder = None if target.home is None else target.home / "helpers"
        target.count(LESSONS)
        return load_helpers(
            target.network, images, folder, self.mesh, out,
            trunks=self.helper_trunks, seed=self.config.seed,
        )  # fmt: skip

    @property
    def prior_questions(self) -> int:
        """Pictures that the target was asked about when the prior was fitted to its answers."""
        named = self.config.prior or ""
        if named in PRIORS or not (Path(named) / RESULT).is_file():
            return 0
        return int(PriorFolder.open(named, "--prior").read(RESULT).get("questions") or 0)

    @property
    def helper_trunks(self) -> tuple[str, ...]:
        """Architectures of the distilled models."""
        return helper_trunks(self.target.trunk, self.prior.size, self.recipe.helpers)

    def instance(self) -> dict[str, Any]:
        """What tells this attack from every other: names, and fingerprints of the networks."""
        target, config = self.target, self.config
        return {
            "run": target.label,
            "target": target.fingerprint,
            "size": target.size,
            "channels": target.channels,
            "class_names": list(target.class_names),
            "access": self.recipe.asks,
            "attack": called(config.attack),
            "adaptive": config.adaptive,
            "variant": schema.write(self.variant),
            "recipe": content(self.recipe),
            "prior": self.prior_name,
            "prior_weights": fingerprint(self.prior),
            "prior_offers": sorted(self.prior.offers),
            "helpers": list(self.helper_trunks),
            "labels": self.labels.tolist(),
            "per_class": config.per_class,
            "seed": config.seed,
            "queries": config.queries,
        }


def recipe_for(config: AttackConfig, augmentation: Augmentation | None = None) -> Recipe:
    """The recipe with the form, views, steps and candidates asked for, not yet adapted.

    Args:
        config: what was asked.
        augmentation: of the target's training; None where it is not known: then the recipe's own
            views without their flips, since a face that a target never saw mirrored is another.

    Raises:
        InputError: if there is none.
    """
    config = settled(config)
    recipe = RECIPES.named(config.attack).form(published=config.published)
    effort = {name: getattr(config, name) for name in sorted(EFFORTS)}
    if config.quick:  # asks every recipe for the same numbers; not all have them
        effort |= dict.fromkeys(EFFORTS - recipe.adjustable)
    recipe = recipe.with_effort(**effort)
    if config.prior_weight is not None:
        recipe = recipe.with_prior_weight(config.prior_weight)
    views = config.views
    if views == "auto":
        views = "recipe" if config.published else "target"
    flips = views == "recipe" or bool(augmentation and augmentation.get("flip"))
    return _seen(recipe, views, augmentation).averaged(config.average, flips=flips)


def _seen(recipe: Recipe, views: str, augmentation: Augmentation | None) -> Recipe:
    """The recipe with the views of this name."""
    if views == "recipe":
        return recipe
    if views == "none":
        return recipe.with_views(lambda _: NO_TRANSFORM)
    if augmentation is None:
        return recipe.with_views(lambda own: dataclasses.replace(own, flip=0.0))
    shown = of_training(augmentation)
    return recipe.with_views(lambda _: shown)


def content_of(
    config: AttackConfig, defense: Defense, augmentation: Augmentation | None = None
) -> dict[str, Any]:
    """What an attack on a run with this defense is made of, but for target and prior themselves.

    Args:
        config: what was asked.
        defense: of the target.
        augmentation: see `recipe_for`.

    Raises:
        InputError: if there is no such recipe or adaptive form.
    """
    form = settled(config).adaptive
    recipe = adapted(recipe_for(config, augmentation), form, defense.adaptive)
    return {**content(config), "recipe": content(recipe)}


def prior_name(config: AttackConfig, recipe: Recipe, own: str | None) -> str:
    """What `--prior` is, said or not.

    Args:
        config: what was asked.
        recipe: of the attack.
        own: the default of the target's pictures; None where nothing is known of them.

    Raises:
        InputError: if it must be said.
    """
    if config.prior is not None:
        return config.prior
    default = recipe.default_prior
    # The law of drawn faces is no prior for anything else.
    found = own if default == "renderer" else default
    if found is None:
        needs = f", which needs {' and '.join(sorted(recipe.needed))}" if recipe.needed else ""
        msg = (
            f"`--prior` must be the folder of a trained prior for {config.attack}{needs}, got "
            "none; train one with python -m loft_jax.fit_prior"
        )
        raise InputError(msg)
    return found


def request_for(
    config: AttackConfig, target: Target, mesh: Mesh, prior: ImagePrior | None = None
) -> Request:
    """The request, with its prior loaded.

    Args:
        config: what was asked.
        target: what is attacked.
        mesh: devices.
        prior: used instead of the one that `config` names.

    Raises:
        InputError: if recipe, classes, form or prior are not as they must be, or target and prior
            do not offer what the recipe needs.
    """
    variant = variant_of(config)
    form = settled(config).adaptive
    recipe = adapted(recipe_for(config, target.augmentation), form, target.adaptive)
    labels = attacked_classes(config, target.classes)
    if config.attack == "strongest":
        labels = people(labels, target.classes, config.seed).reported
    if prior is None:
        name = prior_name(config, recipe, target.default_prior)
        size, channels = target.size, target.channels
        prior = load_prior(name, size=size, channels=channels, seed=target.world, law=target.law)
    else:
        name = type(prior).__name__
    check_offers(config.attack, recipe, target, prior)
    recipe = within_budget(recipe, form, target.adaptive, config.queries, len(labels), config.steps)
    return Request(config, recipe, labels, target, prior, name, mesh, variant)
