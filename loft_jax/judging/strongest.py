"""Which variant of an attack is the strongest on this target, by successive halving.

The search stands where the judges stand. It asks the evaluators, as no attacker could, but only of
people who are not reported: what it finds stands for the attacker who happens to know what works on
this very network, and nothing about a reported person was used to choose it.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.special import softmax

from loft_jax.attacks.engine import Engine
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.recipes.strongest import Strongest, people
from loft_jax.attacks.request import Request
from loft_jax.attacks.variant import Variant
from loft_jax.errors import InputError
from loft_jax.fitting.predict import predict
from loft_jax.fitting.step import evaluation_step
from loft_jax.judging.bench import Bench
from loft_jax.runs import schema

TRIALS = "trials.json"
"""The search's own file in the folder of the attack."""
ROWS = 32
"""Searches side by side, whatever the variant, so that few programs are compiled."""


class Trial(NamedTuple):
    """A variant on some people.

    Attributes:
        rung: from 0.
        variant: what was tried.
        people: how many.
        score: probability that the evaluators give the class, mean over people and evaluators.
        queries: pictures that the target was shown.
    """

    rung: int
    variant: Variant
    people: int
    score: float
    queries: int


class Found(NamedTuple):
    """What a search ends with.

    Attributes:
        request: the request by the strongest variant.
        trials: for TRIALS.
    """

    request: Request
    trials: dict[str, Any]


def searched(request: Request, bench: Bench) -> Found:
    """The request by the variant that is the strongest on people who are not in it.

    Args:
        request: whose recipe is a `Strongest`.
        bench: its evaluators judge.

    Raises:
        InputError: if target or prior do not offer what a variant needs.
        Stopped: if a signal came.
    """
    recipe, target, before = request.recipe, request.target, request.target.queries
    assert isinstance(recipe, Strongest)
    if not request.prior.normal_latents:
        recipe = recipe.with_prior_weight(1.0)  # ppa then has no term to weigh
    aside = people(request.labels, target.classes, request.config.seed).aside
    search = _Search(request, recipe, bench, aside)
    search.announce()
    trials, best = [], None
    for rung in halving(recipe, recipe.variants(target.adaptive), search.harder, search.trial):
        trials, best = [*trials, *rung], max(rung, key=lambda trial: trial.score)
        bench.session.out.print(f"  rung {best.rung + 1}: {_told(best)}")
    assert best is not None
    spent, target.queries = target.queries - before, before  # the attack's own are counted apart
    told = {
        "people": aside[: max(recipe.people)].tolist(),
        "queries": spent,
        "trials": [{**trial._asdict(), "variant": schema.write(trial.variant)} for trial in trials],
    }
    return Found(request.varied(best.variant), told)


def halving(
    recipe: Strongest,
    variants: Sequence[Variant],
    harder: Callable[[Variant], list[Variant]],
    trial: Callable[[int, Variant, int], Trial],
) -> Iterator[list[Trial]]:
    """The trials of each rung: the best of one go on to the next, at every effort to the last.

    Args:
        recipe: how many people and variants each rung has.
        variants: of the first.
        harder: the efforts of a variant.
        trial: (rung, variant, people) -> what came of it.

    Source: Jamieson and Talwalkar 2016, Non-stochastic best arm identification.
    """
    for rung, count in enumerate(recipe.people):
        if rung == len(recipe.people) - 1:
            variants = [one for kept in variants for one in harder(kept)]
        tried = [trial(rung, variant, count) for variant in variants]
        yield tried
        best = sorted(tried, key=lambda one: -one.score)
        variants = [one.variant for one in best[: (*recipe.kept, 1)[rung]]]


@dataclass
class _Search:
    """Engines of one request's variants on people aside, and their judges."""

    request: Request
    recipe: Strongest
    bench: Bench
    aside: Int64[np.ndarray, " m"]
    engine: Engine | None = None

    def __post_init__(self) -> None:
        self._none = Variant(self.recipe.base, "none", None, None, None, "auto")
        self._base = self._of(self._none)

    def announce(self) -> None:
        """Say what will be tried, and what it costs."""

        def planned(rung: int, variant: Variant, count: int) -> Trial:
            people = min(count, len(self.aside))
            return Trial(rung, variant, people, 0.0, people * self._shown(variant))

        recipe, own = self.recipe, self.request.target.adaptive
        rungs = list(halving(recipe, recipe.variants(own), self.harder, planned))
        asked = " and ".join(f"{len(rung)} on {rung[0].people}" for rung in rungs)
        pictures = sum(trial.queries for rung in rungs for trial in rung)
        itself = len(self.request.labels) * self.request.config.per_class * self._shown(self._none)
        self.bench.session.out.print(
            f"searching the strongest of {len(rungs[0])} variants of {recipe.base}: {asked} people "
            f"who are not reported; shows the target {pictures} pictures, {pictures / itself:.1f} "
            f"times what the steps of {recipe.base} take"
        )

    def harder(self, variant: Variant) -> list[Variant]:
        """At every effort."""
        return self.recipe.harder(
            variant, self._base.search[0].steps, self._base.selection.restarts
        )

    def trial(self, rung: int, variant: Variant, count: int) -> Trial:
        """The variant on the first `count` people aside."""
        labels, target = self.aside[:count], self.request.target
        before, engine = target.queries, self._engine(variant)
        at_once = max(1, min(ROWS // engine.rows, len(labels)))
        scores = [
            self._score(engine, labels[start : start + at_once], at_once)
            for start in range(0, len(labels), at_once)
        ]
        score = float(np.concatenate(scores).mean())
        return Trial(rung, variant, len(labels), score, target.queries - before)

    def _score(
        self, engine: Engine, labels: Int64[np.ndarray, " k"], at_once: int
    ) -> Float64[np.ndarray, " k"]:
        def heed(_: Any) -> None:
            self.bench.interrupt.check("the same command")

        found = engine.reconstruct(np.resize(labels, at_once), heed).images[: len(labels), 0]
        return _probability(self.bench, found, labels)

    def _engine(self, variant: Variant) -> Engine:
        """The variant's, from the candidates that all share."""
        request = self.request.varied(variant)
        recipe = self._of(variant)
        if self.engine is None:
            whole = dataclasses.replace(request.config, per_class=1)
            self.engine = dataclasses.replace(request, config=whole, recipe=recipe).start(())  # pyright: ignore
        assert self.engine is not None
        return self.engine.varied(recipe, request.network)

    def _of(self, variant: Variant) -> GradientRecipe:
        found = self.request.varied(variant).recipe
        if not isinstance(found, GradientRecipe) or found.helpers:
            msg = f"`base` of a strongest attack must descend without helpers, got {variant.attack}"
            raise InputError(msg)
        return found.with_effort(None, self.recipe.candidates)

    def _shown(self, variant: Variant) -> int:
        """Pictures in the steps of one reconstruction."""
        own = sum(phase.steps for phase in self._base.search)
        restarts = variant.restarts or self._base.selection.restarts
        return restarts * (variant.steps or own) * self._base.objective.views


def _probability(
    bench: Bench, images: Float[np.ndarray, "k h w ch"], labels: Int64[np.ndarray, " k"]
) -> Float64[np.ndarray, " k"]:
    """That the pictures show their classes, mean over evaluators."""
    shown = np.floor(255 * images + 0.5).astype(np.uint8)
    found = []
    for judge in bench.evaluators:
        network = judge.classifier
        step = evaluation_step(network.graph, bench.mesh)
        said = predict(step, network.params, network.stats, shown, ROWS, bench.mesh)
        sure = softmax(said.logits.astype(np.float64), axis=1)
        found.append(sure[np.arange(len(labels)), labels])
    return np.mean(found, axis=0)


def _told(trial: Trial) -> str:
    return f"{trial.score:.3f} on {trial.people} people by {trial.variant}"
