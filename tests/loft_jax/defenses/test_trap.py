"""Trap-MID: whose gradient reaches whom, how triggers move, what is left of them afterwards."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from four_layers import BATCH, PICTURES, STEPS, add_trunk, configuration, leaves, pictures

import loft_jax
from loft_jax.defenses.base import Labelled
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.table import defense_named
from loft_jax.defenses.trap import TRIGGER_STEP, TrapMID, balanced, blurred
from loft_jax.fitting.state import blueprint
from loft_jax.fitting.step import train_step
from loft_jax.fitting.trained import load_trained
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs.devices import data_mesh, replicate

WEIGHT, SHARE, UPDATES = 0.3, 0.5, 30
DEFENSE = TrapMID(WEIGHT, SHARE)
CLASSES = PICTURES.classes
MOMENT = {"smoothing": 0.0, "progress": jnp.float32(0), "key": jax.random.key(5)}


@pytest.fixture(autouse=True, scope="module")
def _trunk():
    with pytest.MonkeyPatch.context() as patch:
        add_trunk(patch)
        yield


@pytest.fixture(scope="module")
def made(_trunk):
    """(config, graphs, first state)."""
    config = configuration(DEFENSE, learning_rate=3e-2)
    graphs, initialise = blueprint(config, PICTURES, STEPS)
    return config, graphs, initialise()


def dark():
    """Pictures whose triggers cannot hide in 30 updates."""
    images, labels = pictures()
    return images // 8, labels


def shown():
    images, labels = dark()
    return jnp.asarray(images, jnp.float32) / 255, jnp.asarray(labels)


def cross_entropy(logits, labels):
    return -jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels].mean()


def by_hand(params, graphs, stats):
    """(classifier's loss, discriminator's, triggers'), each as published, with all gradients."""
    images, labels = shown()
    wanted = balanced(MOMENT["key"], CLASSES, BATCH)
    model = nnx.merge(graphs.train, params, stats, copy=True)
    judge = nnx.merge(graphs.evaluate, params, stats, copy=True)
    trapped = SHARE * model.companion.triggers[...][wanted] + (1 - SHARE) * images
    own = cross_entropy(model(images), labels)
    own = (1 - WEIGHT) * own + WEIGHT * cross_entropy(model(trapped), wanted)
    real, fake = model.companion.untouched(images), model.companion.untouched(trapped)
    found = jnp.log1p(jnp.exp(-real)).mean() + jnp.log1p(jnp.exp(fake)).mean()
    hidden = jnp.log1p(jnp.exp(-judge.companion.untouched(trapped))).mean()
    return own, found, hidden + cross_entropy(judge(trapped), wanted)


def part_of(name):
    if name.startswith("companion"):
        return "triggers" if "triggers" in name else "discriminator"
    return "classifier"


@pytest.mark.slow
def test_each_loss_moves_its_own_weights_alone(made):
    _, graphs, state = made
    images, labels = shown()

    @jax.jit
    @jax.value_and_grad
    def found(params):
        model = nnx.merge(graphs.train, params, state.stats, copy=True)
        return DEFENSE.objective(model, images, labels, **MOMENT)[0]

    loss, slopes = found(state.params)
    parts = jax.jit(jax.jacrev(lambda params: by_hand(params, graphs, state.stats)))(state.params)
    names = ("classifier", "discriminator", "triggers")
    expected = {name: leaves(part) for name, part in zip(names, parts, strict=True)}
    slopes = leaves(slopes)
    assert {part_of(name) for name in slopes} == set(names)
    for name, slope in slopes.items():
        want = expected[part_of(name)][name]
        np.testing.assert_allclose(slope, want, rtol=1e-3, atol=1e-6, err_msg=name)
    # Each loss has gradients by the others' weights as well; they must not have come through.
    assert np.abs(expected["classifier"]["companion.triggers"]).max() > 1e-5
    assert np.abs(expected["triggers"]["head.decode.kernel"]).max() > 1e-5
    own = jax.jit(lambda params: by_hand(params, graphs, state.stats)[0])(state.params)
    assert float(loss) == pytest.approx(float(own), rel=1e-5)


@pytest.fixture(scope="module")
def trained(made):
    """(state before, state after one update, state after all)."""
    config, graphs, _ = made
    _, initialise = blueprint(config, PICTURES, UPDATES)
    step = train_step(graphs.train, config, UPDATES, data_mesh())
    state = replicate(data_mesh(), initialise())
    states = [jax.tree.map(jnp.copy, state)]
    for number in range(UPDATES):
        state, _ = step(state, *dark())
        if number == 0:
            states.append(jax.tree.map(jnp.copy, state))
    return [*states, state]


def test_pixels_of_triggers_move_by_one_step_and_stay_within_a_picture(trained):
    old, new = (leaves(state.params)["companion.triggers"] for state in trained[:2])
    ends = np.clip(np.stack([old - TRIGGER_STEP, old + TRIGGER_STEP]), 0, 1)
    distance = np.abs(new[None] - ends).min(0)
    moved = new != old
    assert moved.mean() > 0.9
    assert distance[moved].max() < 1e-6
    assert (np.abs(new - old)[moved] < 0.9 * TRIGGER_STEP).any(), "none met the border"
    last = leaves(trained[-1].params)["companion.triggers"]
    assert 0 <= last.min() <= last.max() <= 1


def test_the_discriminator_learns(made, trained):
    _, graphs, _ = made
    measure = jax.jit(lambda state: by_hand(state.params, graphs, state.stats)[1])
    first, last = float(measure(trained[0])), float(measure(trained[-1]))
    knows_nothing = 2 * np.log(2)
    assert last < 0.9 * knows_nothing < first


def test_the_classifier_starts_as_it_would_without_a_companion(made):
    _, _, state = made
    plain = blueprint(configuration(NoDefense()), PICTURES, STEPS)[1]()
    own = leaves(state.params)
    for name, value in leaves(plain.params).items():
        np.testing.assert_array_equal(own[name], value)


def test_afterwards_nothing_is_left_of_triggers_and_discriminator(made):
    _, graphs, state = made
    network = FrozenClassifier(graphs.evaluate, state.params, state.stats)
    answers = Labelled(np.zeros((1, 3)), np.zeros(1, int))
    wiped = DEFENSE.after(network, lambda: np.zeros((1, 4)), lambda: answers).classifier
    images, _ = shown()
    for name, value in leaves(wiped.params, wiped.stats).items():
        if name.startswith("companion"):
            assert not value.any(), name
        else:
            np.testing.assert_array_equal(value, leaves(state.params, state.stats)[name])
    np.testing.assert_array_equal(wiped.outputs(images).logits, network.outputs(images).logits)
    assert wiped.graph == network.graph


def test_classes_come_equally_often():
    for n in (2, 3, 7, 9):
        counts = np.bincount(np.asarray(balanced(jax.random.key(n), 3, n)), minlength=3)
        assert counts.sum() == n
        assert counts.max() - counts.min() <= 1
    drawn = {tuple(np.asarray(balanced(jax.random.key(k), 3, 3))) for k in range(50)}
    assert len(drawn) == 6


def test_the_blur_is_a_mean_of_nine_pixels(made):
    _, graphs, state = made
    network = FrozenClassifier(graphs.evaluate, state.params, state.stats)
    images, _ = shown()
    padded = np.pad(np.asarray(images), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    mean = np.zeros(images.shape)
    for i in range(8):
        for j in range(8):
            mean[:, i, j] = padded[:, i : i + 3, j : j + 3].mean((1, 2))
    found = blurred(network).outputs(images).logits
    expected = network.outputs(jnp.asarray(mean, jnp.float32)).logits
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_all_else_follows_the_rule_that_was_asked_for(made):
    _, _, state = made
    rule = DEFENSE.rule(optax.sgd(0.5))
    slopes = jax.tree.map(jnp.ones_like, state.params)
    updates, _ = rule.update(slopes, rule.init(state.params), state.params)
    for name, update in leaves(updates).items():
        if part_of(name) != "triggers":
            np.testing.assert_array_equal(update, -0.5)


def test_the_name_of_the_flag():
    assert defense_named("trap:0.3,share=0.5") == DEFENSE
    assert defense_named(DEFENSE.spec) == DEFENSE


@pytest.mark.slow
@pytest.mark.command
def test_a_run_lets_out_neither_triggers_nor_discriminator(tmp_path):
    flags = {
        "data": "faces", "size": 8, "identities": 4, "pictures": 8, "epochs": 1, "batch": 8,
        "trunk": "four", "cache": False,
    }  # fmt: skip
    run = loft_jax.train(**flags, defense="trap:0.2", out=str(tmp_path / "run"))
    let_out = load_trained(str(run.folder), data_mesh()).classifier
    numbers = leaves(let_out.params, let_out.stats)
    companion = [name for name in numbers if name.startswith("companion")]
    assert "companion.triggers" in companion
    assert not any(numbers[name].any() for name in companion)
    own = {name: value for name, value in leaves(let_out.params).items() if name not in companion}
    assert run.numbers["parameters"] == sum(value.size for value in own.values())
    assert np.abs(own["trunk.convs.0.kernel"]).max() > 0
