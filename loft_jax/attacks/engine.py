"""One attack on one target: candidates once, then classes in chunks, each searched and selected."""

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Int, Integer, Key

from loft_jax.attacks.parts.keys import folded, row_keys
from loft_jax.attacks.parts.objective import Networks
from loft_jax.attacks.parts.public import public_facts
from loft_jax.attacks.parts.selection import (
    BATCH,
    keep,
    robust_confidence,
    score_candidates,
    starts,
)
from loft_jax.attacks.parts.spaces import Space, Variables
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.search.base import Progress, Reconstructions, Search
from loft_jax.attacks.search.gradient import State, advance, begin, finish
from loft_jax.priors import ImagePrior
from loft_jax.runs.devices import by_sample
from loft_jax.targets.base import Network

LAST = 2**31 - 1
"""Number of the draw that ends a search; no step has it."""
SEGMENT = 25
"""At most so many steps in one call: how often progress is shown and a signal is heeded."""


def _nobody(pictures: int) -> None:
    """Counts no queries."""


@dataclass
class Engine(Search):
    """A recipe bound to a target, a prior and a seed.

    Attributes:
        networks: of the classifier under attack, then of helpers of the objective.
        prior: where pictures come from.
        recipe: the attack.
        classes: number of classes of the target.
        per_class: reconstructions to keep of each class.
        key: of all draws.
        mesh: devices that share the rows of a chunk.
        count: told how many pictures the classifier under attack is shown.
    """

    networks: Networks
    prior: ImagePrior
    recipe: GradientRecipe
    classes: int
    per_class: int
    key: Key[Array, ""]
    mesh: Mesh
    count: Callable[[int], None] = _nobody

    def __post_init__(self) -> None:
        key, self._row_key = jax.random.split(self.key)
        selection = self.recipe.selection
        self.candidates = score_candidates(
            self.networks[0],
            self.prior,
            self.classes,
            key,
            selection.candidates,
            mirrored=selection.mirrored,
        )
        each = 2 if selection.mirrored else 1
        self.count(each * BATCH * -(-selection.candidates // BATCH))  # whole batches
        latents, _, features = self.candidates
        self.public = public_facts(self.networks[0], jnp.asarray(latents), jnp.asarray(features))
        self.phases = self.recipe.phases(self.prior)

    @property
    def results(self) -> int:
        """Pictures of each class from which `per_class` are kept."""
        return self.per_class * self.recipe.selection.restarts

    @property
    def rows(self) -> int:
        """Rows of each class that are searched side by side: one distribution, or many points."""
        return 1 if self.recipe.distribution else self.results

    @property
    def _views(self) -> int:
        return self.recipe.objective.views

    def reconstruct(
        self, labels: Integer[np.ndarray, " k"], report: Callable[[Progress], None]
    ) -> Reconstructions:
        """Reconstructions of the classes `labels`; compiles only for a new number of them.

        Args:
            labels: classes, k of them.
            report: called after each segment of steps; it may raise to stop.
        """
        rows, traces, done = self._begin(labels), [], 0
        steps = sum(phase.steps for phase in self.phases)
        variables = rows.start
        for phase in self.phases:
            state, centre = self._enter(phase.space, variables, rows)
            for count in _segments(phase.steps):
                state, trace = advance(
                    *self._arguments(phase.space, count, rows), state, centre, jnp.int32(done),
                    weight=self._weight,
                )  # fmt: skip
                done += count
                self.count(count * len(rows.labels) * phase.space.draws * self._views)
                traces.append(jax.tree.map(np.asarray, trace))
                report(Progress(done, steps, float(trace.loss[-1]), float(trace.confidence[-1])))
            variables = state.variables
        kept = self._select(labels, variables, rows)
        self.count(len(labels) * self.results * max(self.recipe.selection.views, 1))
        control = self._lookalikes(labels, rows) if traces else kept
        loss, confidence = (
            np.concatenate([np.empty(0), *(getattr(trace, name) for trace in traces)])
            for name in ("loss", "confidence")
        )
        return Reconstructions(*kept, loss, confidence, control.images, control.latents)

    def varied(self, recipe: GradientRecipe, network: Network) -> "Engine":
        """Another recipe on the same target, from the same candidates, which are not asked again.

        Args:
            recipe: whose candidates are as many.
            network: of the target, in another form with the same answers.
        """
        other = copy.copy(self)
        other.recipe, other.phases = recipe, recipe.phases(self.prior)
        other.networks = (network, *self.networks[1:])
        return other

    def bytes_needed(self, labels: Integer[np.ndarray, " k"]) -> int:
        """Memory of the largest program that `reconstruct` of so many classes runs.

        XLA's own account: arguments, results and temporary buffers. The programs are compiled here
        and found again by `reconstruct`.
        """
        rows = self._begin(labels)
        variables, most = rows.start, 0
        for phase in self.phases:
            state, centre = self._enter(phase.space, variables, rows)
            variables = state.variables
            if not phase.steps:
                continue
            count = _segments(phase.steps)[0]
            program = advance.lower(
                *self._arguments(phase.space, count, rows), state, centre, jnp.int32(0),
                weight=self._weight,
            )  # fmt: skip
            used: Any = program.compile().memory_analysis()
            if used is not None:  # a backend may keep no account
                most = max(
                    most,
                    used.argument_size_in_bytes
                    + used.output_size_in_bytes
                    - used.alias_size_in_bytes
                    + used.temp_size_in_bytes,
                )
        return most

    def _begin(self, labels: Integer[np.ndarray, " k"]) -> "_Rows":
        best = self.recipe.selection.best and not self.recipe.distribution
        chosen = starts(self.candidates, labels, self.rows, best=best).reshape(-1)
        keys = row_keys(self._row_key, jnp.asarray(labels), self.rows)
        start = jnp.asarray(self.candidates.latents[chosen])
        repeated = jnp.asarray(np.repeat(labels, self.rows), jnp.int32)
        return jax.tree.map(self._share_out, _Rows(repeated, keys, {"latents": start}))

    def _share_out(self, rows: Array) -> Array:
        if len(rows) % self.mesh.size:
            return rows
        return jax.device_put(rows, by_sample(self.mesh))

    def _enter(self, space: Space, variables: Variables, rows: "_Rows") -> tuple[State, Variables]:
        return begin(space, self.recipe.rule, self.prior, variables, rows.labels)

    @property
    def _weight(self) -> Array:
        return jnp.float32(self.recipe.objective.identity_weight)

    def _arguments(self, space: Space, steps: int, rows: "_Rows") -> tuple:
        recipe, objective = self.recipe, self.recipe.objective_for(self.prior)
        # Its weight is no part of the program: attacks that differ in it alone share one.
        objective = dataclasses.replace(objective, identity_weight=float(self._weight != 0))
        return (
            space,
            recipe.rule,
            objective,
            steps,
            self.networks,
            self.prior,
            self.public,
            rows.labels,
            rows.keys,
        )

    def _lookalikes(self, labels: Integer[np.ndarray, " k"], rows: "_Rows") -> "_Kept":
        """What `reconstruct` gives without its steps: a control, whose queries are not counted."""
        variables = rows.start
        for phase in self.phases:
            variables = self._enter(phase.space, variables, rows)[0].variables
        return self._select(labels, variables, rows)

    def _select(
        self, labels: Integer[np.ndarray, " k"], variables: Variables, rows: "_Rows"
    ) -> "_Kept":
        selection, draws = self.recipe.selection, self.results // self.rows
        found = finish(
            self.phases[-1].space,
            draws,
            self.prior,
            variables,
            rows.labels,
            folded(rows.keys, LAST),
        )
        confidence = np.asarray(
            robust_confidence(
                self.networks,
                found.images,
                jnp.repeat(rows.labels, draws),
                row_keys(self._row_key, jnp.asarray(labels), self.results),
                selection.views,
                selection.transform,
            )
        ).reshape(len(labels), self.results)
        kept = keep(confidence, self.per_class)
        latents, images = (
            _taken(np.asarray(part).reshape(*confidence.shape, *part.shape[1:]), kept)
            for part in found
        )
        return _Kept(latents, images, _taken(confidence, kept))


class _Kept(NamedTuple):
    """The first fields of `Reconstructions`."""

    latents: np.ndarray
    images: np.ndarray
    confidence: np.ndarray


class _Rows(NamedTuple):
    """What belongs to each row of a chunk."""

    labels: Int[Array, " n"]
    keys: Key[Array, " n"]
    start: Variables


def _segments(steps: int) -> list[int]:
    """Equal counts, as large as SEGMENT allows, so that one program serves a phase."""
    count = next((n for n in range(min(SEGMENT, steps), 0, -1) if steps % n == 0), 1)
    return [count] * (steps // count)


def _taken(values: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return np.stack([row[chosen] for row, chosen in zip(values, indices, strict=True)])
