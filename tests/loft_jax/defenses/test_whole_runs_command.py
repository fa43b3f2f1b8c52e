"""Whole runs: where they begin, what is trained again, and what is let out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax
from whole_runs import bright_rows

import loft_jax
from loft_jax.fitting.trained import load_trained
from loft_jax.runs.devices import data_mesh
from loft_jax.targets.run import RunTarget

FLAGS = {"size": 8, "epochs": 2, "batch": 8, "trunk": "tiny", "preset": "digits", "cache": False}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Three classes of noise, each with its own bright row."""
    return bright_rows(tmp_path_factory.mktemp("data") / "rows.npz", (1, 3, 6), 20)


@pytest.fixture(scope="module")
def train(tiny_trunk, data, tmp_path_factory):
    def started(defense, **flags):
        out = str(tmp_path_factory.mktemp("run") / "run")
        return loft_jax.train(data=str(data), out=out, defense=defense, **{**FLAGS, **flags})

    return started


@pytest.fixture(scope="module")
def plain(train):
    return train("none")


def loaded(result):
    return load_trained(str(result.folder), data_mesh())


def trained_weights(result):
    return jax.tree.map(np.asarray, loaded(result).classifier.params)


def questions():
    return np.random.default_rng(1).uniform(0, 1, (6, 8, 8, 1)).astype(np.float32)


def test_a_shield_keeps_the_weights_and_draws_answers_to_the_mean_of_validation(train, plain):
    made = train("ssd:1000", start_from=str(plain.folder))
    jax.tree.map(np.testing.assert_array_equal, trained_weights(made), trained_weights(plain))
    run = loaded(plain)
    with np.load(run.config.data.data) as archive:
        images, labels = archive["images"], archive["labels"]
    chosen = run.folder.read("split.json")["validation"]
    pixels = images[chosen][..., None].astype(np.float32) / 255
    scores = softmax(
        np.asarray(run.classifier.outputs(jnp.asarray(pixels)).logits, np.float64), axis=1
    )
    means = np.stack([
        scores[labels[chosen] == label].mean(0) if (labels[chosen] == label).any()
        else np.full(3, 1 / 3) for label in range(3)
    ])  # fmt: skip
    answers = RunTarget(loaded(made)).ask(questions()).scores
    # Epsilon is so large that each answer is one of the means.
    assert np.abs(answers[:, None] - means[None]).max(-1).min(1).max() < 1e-4
    assert "weights" in made.numbers["remark"]


def test_noise_on_the_code_begins_with_the_loft_run_and_is_in_answers_alone(train):
    made = train("noisy:0.5,what=code,loft=2")
    begun = loaded(made).folder.path / "start"
    jax.tree.map(
        np.testing.assert_array_equal,
        trained_weights(made),
        jax.tree.map(np.asarray, load_trained(str(begun), data_mesh()).classifier.params),
    )
    target = RunTarget(loaded(made))
    first, second = target.ask(questions()).logits, target.ask(questions()).logits
    assert not np.allclose(first, second, atol=1e-3)
    model = loaded(made).classifier
    exact = np.asarray(model.outputs(jnp.asarray(questions())).logits)
    assert not np.allclose(first, exact, atol=1e-3)
    # Noise of a code of 2 numbers leaves the logits in a plane.
    kernel = np.asarray(model.head.decode.kernel[...], np.float64)
    away = first - exact
    inside = away @ np.linalg.pinv(kernel) @ kernel
    np.testing.assert_allclose(inside, away, atol=1e-4)


def test_the_guarantee_of_a_noisy_code_stands_in_the_numbers(train):
    made = train("loft-noise:2,0.5", epochs=1)
    assert made.numbers["guarantee"].startswith("an answer holds at most 2.322 bits")  # log2 5
    assert made.numbers["remark"] is None


def test_confidence_adaptation_begins_with_the_loft_run_that_is_named(train):
    loft = train("loft:2", learning_rate=0.01)
    made = train("loft-ca:2", start_from=str(loft.folder), epochs=1, learning_rate=1e-9,
                 weight_decay=0.0, seed=1)  # fmt: skip
    other = train("loft:2", epochs=1, learning_rate=1e-9, weight_decay=0.0, seed=1)
    found, begun, fresh = (jax.tree.leaves(trained_weights(one)) for one in (made, loft, other))
    for new, old in zip(found, begun, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-6)
    assert max(np.abs(new - own).max() for new, own in zip(found, fresh, strict=True)) > 0.01
    assert made.numbers["best_epoch"] == 1
