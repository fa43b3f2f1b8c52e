"""The two compiled programs of fitting: one discriminator update, one generator update.

Iterations are separate calls, not a `lax.scan`: inside XLA's loops on a CPU the gradient of a 3 x 3
convolution takes 14 (by the picture) to 38 (by the kernel) times as long as outside.
"""

from collections.abc import Callable
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Int, Key, UInt8

from loft_jax.data.settings import AugmentConfig
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.generators.state import DISCRIMINATOR, GENERATOR, Graphs, moved, pair, rules
from loft_jax.fitting.state import TrainState
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.games import Turn

Metrics = dict[str, Float[Array, ""]]
Memories = tuple[optax.OptState, optax.OptState]


class Batch(NamedTuple):
    """Public pictures of one update.

    Attributes:
        images: as bytes.
        labels: pseudo-labels, zeros where nothing is conditional.
        soft: the target's probabilities, width 0 where nobody asks.
    """

    images: UInt8[Array, "b h w ch"]
    labels: Int[Array, " b"]
    soft: Float[Array, "b c"]


Advance = Callable[[TrainState, list[Batch], FrozenClassifier | None], tuple[TrainState, Metrics]]


class FitStep:
    """One iteration: discriminator updates, then one generator update.

    A pure function of its arguments: all keys come from (seed, state.step), so a resumed run makes
    the same updates to the same bits. The state's memory is donated.

    Args:
        architecture: of both networks.
        config: settings.
        graphs: static halves of both networks.
        views: what the training of the target did to its pictures.
    """

    def __init__(
        self, architecture: Architecture, config: FitConfig, graphs: Graphs,
        views: AugmentConfig,
    ):  # fmt: skip
        self._architecture, self._config, self._graphs = architecture, config, graphs
        self._views = views
        self._game = config.game
        self._rules = rules(config)
        self.criticise = jax.jit(self._criticise, donate_argnums=0)
        self.create = jax.jit(self._create, donate_argnums=0)

    def __call__(
        self, state: TrainState, batches: list[Batch], target: FrozenClassifier | None
    ) -> tuple[TrainState, Metrics]:
        """The state after it, and its metrics.

        Metrics: `discriminator_loss` (of the last of its updates), `generator_loss`, and `spread`,
        the standard deviation over a batch of fakes, averaged over pixels (0 is a generator that
        makes one picture).

        Args:
            state: before it.
            batches: one for each discriminator update; the generator's sees the last.
            target: for priors that are fitted to one.
        """
        criticism = jnp.float32(0)
        for number, batch in enumerate(batches):
            state, criticism = self.criticise(state, batch, jnp.int32(number), target)
        state, metrics = self.create(state, batches[-1], target)
        return state, {"discriminator_loss": criticism, **metrics}

    def _criticise(
        self,
        state: TrainState,
        batch: Batch,
        number: Int[Array, ""],
        target: FrozenClassifier | None,
    ) -> tuple[TrainState, Float[Array, ""]]:
        key = self._key(state, 1 + number)
        fake, wanted, _ = self._generate(state.params[GENERATOR], state.stats[GENERATOR], key)
        turn = self._turn(state, batch, jax.lax.stop_gradient(fake), wanted, key, target)
        stats = state.stats[DISCRIMINATOR]

        def loss(params: nnx.State) -> tuple[Array, nnx.State]:
            # copy=True: layers write their statistics, which value_and_grad forbids on its inputs.
            network = nnx.merge(self._graphs.discriminator, params, stats, copy=True)
            value = self._game.discriminator(lambda x, y: network(x, y, True), turn)
            return value, nnx.state(network, nnx.Not(nnx.Param))

        params = state.params[DISCRIMINATOR]
        (value, stats), grads = jax.value_and_grad(loss, has_aux=True)(params)
        maker, memory = cast(Memories, state.opt_state)
        params, memory = moved(self._rules.discriminator, grads, memory, params)
        new = state._replace(
            params=pair(state.params[GENERATOR], params),
            stats=pair(state.stats[GENERATOR], stats),
            opt_state=(maker, memory),
        )
        return new, value

    def _create(
        self, state: TrainState, batch: Batch, target: FrozenClassifier | None
    ) -> tuple[TrainState, Metrics]:
        key = self._key(state, 0)
        params, stats = state.params[DISCRIMINATOR], state.stats[DISCRIMINATOR]
        judge = nnx.merge(self._graphs.discriminator, params, stats)

        def loss(params: nnx.State) -> tuple[Array, tuple[nnx.State, Array]]:
            fake, wanted, stats = self._generate(params, state.stats[GENERATOR], key)
            turn = self._turn(state, batch, fake, wanted, key, target)
            value = self._game.generator(lambda x, y: judge(x, y, False), turn)
            return value, (stats, fake.std(0).mean())

        own = state.params[GENERATOR]
        (value, (after, spread)), grads = jax.value_and_grad(loss, has_aux=True)(own)
        memory, critic = cast(Memories, state.opt_state)
        own, memory = moved(self._rules.generator, grads, memory, own)
        new = TrainState(
            state.step + 1,
            pair(own, params),
            pair(after, stats),
            (memory, critic),
            self._average(state, nnx.merge_state(own, after)),
        )
        return new, {"generator_loss": value, "spread": spread}

    def _generate(
        self, params: nnx.State, stats: nnx.State, key: Key[Array, ""]
    ) -> tuple[Float[Array, "b h w ch"], Int[Array, " b"], nnx.State]:
        network = nnx.merge(self._graphs.generator, params, stats, copy=True)
        of_latents, of_labels = jax.random.split(key)
        count, classes = self._config.batch, max(1, self._architecture.classes)
        latents = jax.random.normal(of_latents, (count, self._architecture.latent_dim))
        wanted = jax.random.randint(of_labels, (count,), 0, classes)
        return network(latents, wanted, True), wanted, nnx.state(network, nnx.Not(nnx.Param))

    def _average(self, state: TrainState, now: nnx.State) -> nnx.State:
        if not self._config.ema:
            return now
        # A young average forgets faster: it would otherwise keep the initial weights for long.
        decay = jnp.minimum(self._config.ema, (1 + state.step) / (10 + state.step))
        return jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, state.ema, now)

    def _key(self, state: TrainState, number: Int[Array, ""] | int) -> Key[Array, ""]:
        # The hardware generator compiles in a third of threefry's time.
        key = jax.random.key(self._config.seed, impl="rbg")
        return jax.random.fold_in(jax.random.fold_in(key, state.step), number)

    def _turn(
        self, state: TrainState, batch: Batch, fake: Array, wanted: Array, key: Array,
        target: FrozenClassifier | None,
    ) -> Turn:  # fmt: skip
        return Turn(
            batch.images.astype(jnp.float32) / 255,
            batch.labels,
            batch.soft,
            fake,
            wanted,
            key,
            target,
            state.step / self._config.iterations,
            self._views,
        )
