"""One iteration of fitting, and the loop around it."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.data.settings import AugmentConfig
from loft_jax.errors import DivergenceError
from loft_jax.fitting.checkpoint import Checkpoints, History
from loft_jax.fitting.generators.material import held_out, material
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.generators.state import blueprint, prior_in
from loft_jax.fitting.generators.step import FitStep
from loft_jax.fitting.generators.task import ROW_EVERY, SAVE_EVERY, GeneratorTask
from loft_jax.fitting.loop import READ_EVERY, Watch, fit
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.networks import networks
from loft_jax.runs import devices
from loft_jax.runs.interrupt import Interrupt

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8)
CONFIG = FitConfig(batch=4, width=2, steps=6, learning_rate=1e-3)
ARCHITECTURE = Architecture("dcgan", 8, 1, 0, 2, 6)


@pytest.fixture(scope="module")
def fitting():
    graphs, initialise = blueprint(ARCHITECTURE, CONFIG)
    return initialise, FitStep(ARCHITECTURE, CONFIG, graphs, AugmentConfig())


@pytest.fixture
def rows():
    return material(IMAGES, CONFIG, None)


def numbers(tree):
    return [np.array(leaf) for leaf in jax.tree.leaves(tree)]


def same(left, right):
    return all(map(np.array_equal, numbers(left), numbers(right)))


def test_each_update_moves_its_own_network_and_no_other(fitting, rows):
    initialise, step = fitting
    before = initialise()
    batch = rows.batches(CONFIG, 0)[0]
    after, _ = step.criticise(initialise(), batch, jnp.int32(0), None)
    assert same(after.params["generator"], before.params["generator"])
    assert same(after.stats["generator"], before.stats["generator"])
    assert not same(after.params["discriminator"], before.params["discriminator"])
    assert not same(after.stats["discriminator"], before.stats["discriminator"])
    after, _ = step.create(initialise(), batch, None)
    assert not same(after.params["generator"], before.params["generator"])
    assert not same(after.stats["generator"], before.stats["generator"])
    assert same(after.params["discriminator"], before.params["discriminator"])
    assert same(after.stats["discriminator"], before.stats["discriminator"])


def test_the_average_forgets_a_young_generator_faster_than_an_old_one(fitting, rows):
    initialise, step = fitting
    batches = rows.batches(CONFIG, 0)
    for age, decay in ((0, 1 / 10), (10**6, 0.999)):
        old = initialise().params["generator"]["first"]["bias"][...]
        state = initialise()._replace(step=jnp.int32(age))
        state, _ = step(state, batches, None)
        new = np.asarray(state.params["generator"]["first"]["bias"][...])
        expected = decay * np.asarray(old) + (1 - decay) * new
        found = state.ema["first"]["bias"][...]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-9)


def test_no_iteration_after_the_first_compiles_anything(fitting, rows):
    initialise, step = fitting
    state = initialise()
    for number in range(4):
        state, _ = step(state, rows.batches(CONFIG, number), None)
        if number == 1:
            compiled = step.criticise._cache_size(), step.create._cache_size()
    assert (step.criticise._cache_size(), step.create._cache_size()) == compiled


class Stopping(Watch):
    """Asks for a stop after so many iterations."""

    def __init__(self, interrupt, after):
        self.interrupt, self.after = interrupt, after

    def read(self, step, metrics):
        if step >= self.after:
            self.interrupt.signal = 2


def run(fitting, rows, folder, monkeypatch, *, stop, config=CONFIG):
    initialise, step = fitting
    monkeypatch.setattr("loft_jax.fitting.loop.READ_EVERY", 1)
    mesh = devices.data_mesh()
    checkpoints = Checkpoints(folder)
    latest = checkpoints.latest_step()
    state, history = devices.replicate(mesh, initialise()), History()
    if latest is not None:
        state, history = checkpoints.restore(latest, devices.abstract(mesh, initialise))
    interrupt = Interrupt()
    task = GeneratorTask(config, rows, None, step)
    task.row_every = 2
    state = fit(
        task, state, history, checkpoints=checkpoints, watch=Stopping(interrupt, stop),
        interrupt=interrupt,
    )  # fmt: skip
    return state, history


def test_a_stopped_and_resumed_run_has_the_bits_of_an_uninterrupted_one(
    fitting, rows, tmp_path, monkeypatch
):
    whole, told = run(fitting, rows, tmp_path / "whole", monkeypatch, stop=99)
    half, _ = run(fitting, rows, tmp_path / "parts", monkeypatch, stop=3)
    assert int(half.step) == 3
    parts, retold = run(fitting, rows, tmp_path / "parts", monkeypatch, stop=99)
    assert int(parts.step) == int(whole.step) == 6
    assert same(whole, parts)
    assert told.rows == retold.rows
    assert [row["step"] for row in told.rows] == [2, 4, 6]


def test_a_loss_that_is_not_finite_stops_the_run(fitting, rows, tmp_path, monkeypatch):
    def broken(state, batches, target):
        return state._replace(step=state.step + 1), {
            "discriminator_loss": jnp.float32(np.nan),
            "generator_loss": jnp.float32(0),
            "spread": jnp.float32(1),
        }

    with pytest.raises(DivergenceError, match="discriminator loss became nan at step 0"):
        run((fitting[0], broken), rows, tmp_path, monkeypatch, stop=99)


@pytest.mark.parametrize(
    ("metrics", "reason"),
    [
        ({"spread": 1e-4}, "the generator makes one picture at step 2"),
        ({"discriminator_loss": 1e-4}, "tells all pictures apart at step 2"),
    ],
)
def test_a_game_that_one_side_has_won_stops_with_the_reason(
    fitting, rows, tmp_path, monkeypatch, metrics, reason
):
    healthy = {"discriminator_loss": 1.0, "generator_loss": 0.0, "spread": 0.3}

    def stuck(state, batches, target):
        shown = {name: jnp.float32(value) for name, value in (healthy | metrics).items()}
        return state._replace(step=state.step + 1), shown

    with pytest.raises(DivergenceError, match=reason):
        run((fitting[0], stuck), rows, tmp_path, monkeypatch, stop=99)


def test_a_small_discriminator_loss_means_nothing_where_it_is_not_a_hinge(
    fitting, rows, tmp_path, monkeypatch
):
    def well(state, batches, target):
        shown = {"discriminator_loss": -5.0, "generator_loss": 0.0, "spread": 0.3}
        numbers = {name: jnp.float32(value) for name, value in shown.items()}
        return state._replace(step=state.step + 1), numbers

    config = dataclasses.replace(CONFIG, loss="wgan-gp")
    state, _ = run((fitting[0], well), rows, tmp_path, monkeypatch, stop=99, config=config)
    assert int(state.step) == 6


def test_each_network_moves_at_its_own_rate(fitting, rows):
    # Adam's first update moves every weight by the learning rate, whatever its gradient.
    initialise, step = fitting
    before, batches = initialise(), rows.batches(CONFIG, 0)
    after, _ = step(initialise(), batches, None)
    for network, rate in zip(("generator", "discriminator"), CONFIG.rates, strict=True):
        moves = [
            np.abs(new - old).max()
            for new, old in zip(
                numbers(after.params[network]), numbers(before.params[network]), strict=True
            )
        ]
        assert max(moves) == pytest.approx(rate, rel=1e-2)


def test_a_style_discriminator_normalises_nothing():
    made = networks(Architecture("style", 32, 3, 0, 2, 6, False), 0).discriminator
    assert len(made.norms) == 0
    assert all(layer.weight.vector is None for layer in [*made.convolutions, made.last])


def test_a_knowing_discriminator_begins_undecided():
    made = networks(Architecture("kedmi", 8, 1, 200, 2, 6), 0).discriminator
    score = made(jnp.full((1, 8, 8, 1), 0.5), jnp.zeros(1, int), False).score
    np.testing.assert_allclose(np.exp(score), 0.5, rtol=1e-5)  # gray is 0 inside: biases remain


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kedmi", "wgan-gp", "style"])
def test_every_kind_of_prior_makes_finite_updates_of_both_networks(kind):
    prior, loss = ("dcgan", "wgan-gp") if kind == "wgan-gp" else (kind, None)
    config = dataclasses.replace(CONFIG, prior=prior, loss=loss, critic_steps=2)
    classes = 3 if kind == "kedmi" else 0
    architecture = Architecture(prior, 8, 1, classes, 2, 6, config.game.spectral)
    graphs, initialise = blueprint(architecture, config)
    made = material(IMAGES, config, None)
    soft = np.full((len(IMAGES), classes), 1 / max(classes, 1), np.float32)
    made = dataclasses.replace(made, soft=soft)
    before, step = initialise(), FitStep(architecture, config, graphs, AugmentConfig())
    after, metrics = step(initialise(), made.batches(config, 0), None)
    assert np.isfinite(list(map(float, metrics.values()))).all()
    for network in ("generator", "discriminator"):
        assert not same(before.params[network], after.params[network])
        assert all(np.isfinite(leaf).all() for leaf in numbers(after.params[network]))
    assert prior_in(after, architecture).decode(
        jnp.zeros((1, 6)), jnp.zeros(1, int)
    ).shape == (1, 8, 8, 1)  # fmt: skip


def test_held_out_pictures_are_never_learnt_from():
    seen, kept = held_out(IMAGES, 0)
    assert (len(seen), len(kept)) == (35, 5)
    both = np.concatenate([seen, kept]).reshape(40, -1)
    np.testing.assert_array_equal(
        np.unique(both, axis=0), np.unique(IMAGES.reshape(40, -1), axis=0)
    )


def test_every_picture_is_learnt_from_in_an_epoch(rows):
    epoch = [rows.batches(CONFIG, step)[0].images for step in range(10)]
    shown = np.concatenate(epoch).reshape(40, -1)
    np.testing.assert_array_equal(
        np.unique(shown, axis=0), np.unique(IMAGES.reshape(40, -1), axis=0)
    )


def test_rows_are_read_whenever_the_losses_are():
    assert ROW_EVERY % READ_EVERY == 0
    assert SAVE_EVERY % ROW_EVERY == 0
