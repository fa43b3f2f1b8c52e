"""Targets answer as what stands behind them does, show no more than their access, and count."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.fitting.trained import load_trained
from loft_jax.nets.classifier import Outputs
from loft_jax.runs.devices import data_mesh
from loft_jax.targets.base import BATCH
from loft_jax.targets.callback import CallbackTarget
from loft_jax.targets.function import FunctionTarget
from loft_jax.targets.run import RunTarget, load_run

W = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
KIND = {"size": 2, "channels": 3, "class_names": ("a", "b", "c")}


def linear(images):
    return images.reshape(len(images), -1) @ W


def pictures(n, size=2, channels=3):
    return np.random.default_rng(1).random((n, size, size, channels), np.float32)


def test_a_function_answers_with_its_logits_whatever_the_number_of_pictures():
    target = FunctionTarget(linear, **KIND)
    for n in (1, 5, BATCH + 3):
        x = pictures(n)
        answer = target.ask(x)
        expected = x.reshape(n, -1).astype(float) @ W
        np.testing.assert_allclose(answer.logits, expected, atol=1e-4)
        np.testing.assert_allclose(answer.scores, softmax(expected, axis=1), atol=1e-5)
        np.testing.assert_array_equal(answer.label, expected.argmax(1))
        assert answer.features is None
    assert target.queries == 1 + 5 + BATCH + 3


def test_the_network_of_a_function_is_differentiable():
    target = FunctionTarget(linear, **KIND)
    slope = jax.grad(lambda x: target.network.outputs(x).logits[0, 1])(jnp.asarray(pictures(1)))
    np.testing.assert_allclose(slope.reshape(-1), W[:, 1], rtol=1e-5)
    assert target.offers == {"label", "scores", "gradients"}
    assert target.queries == 0  # who asks the network says so itself


def test_a_function_may_tell_its_features():
    def told(images):
        return Outputs(linear(images), images.reshape(len(images), -1), None)

    target = FunctionTarget(told, **KIND)
    assert "features" in target.offers
    np.testing.assert_array_equal(target.ask(pictures(3)).features, pictures(3).reshape(3, -1))


@pytest.mark.parametrize(
    ("access", "shown"), [("label", ["label"]), ("scores", ["label", "scores"])]
)
def test_what_is_not_white_shows_no_more_than_it_says(access, shown):
    target = FunctionTarget(linear, **KIND, access=access)
    answer = target.ask(pictures(4))
    assert [name for name, value in answer._asdict().items() if value is not None] == shown
    assert target.offers == set(shown)
    with pytest.raises(InputError, match=f"`target` must be white .* got access {access}"):
        _ = target.network


def test_a_callback_is_asked_for_each_picture_once():
    asked = []

    def server(images):
        asked.append(len(images))
        return linear(images).argmax(1)

    target = CallbackTarget(server, **KIND)
    answer = target.ask(pictures(BATCH + 2))
    np.testing.assert_array_equal(answer.label, linear(pictures(BATCH + 2)).argmax(1))
    assert asked == [BATCH, 2]
    assert target.queries == BATCH + 2
    assert answer.scores is None


@pytest.mark.parametrize(
    "said",
    [np.array([0.5, 1.0]), np.array([0, 3]), np.array([0]), np.zeros((2, 3), int)],
)
def test_a_callback_must_answer_with_classes(said):
    target = CallbackTarget(lambda images: said, **KIND)
    with pytest.raises(InputError, match="must answer 2 class numbers below 3"):
        target.ask(pictures(2))


def test_scores_of_a_callback_must_be_finite_and_complete():
    for said, why in (
        (np.full((2, 3), np.nan), "got some that are not finite"),
        (np.zeros((2, 4)), r"got \(2, 4\)"),
    ):
        target = CallbackTarget(lambda images, said=said: said, **KIND, access="scores")
        with pytest.raises(InputError, match=f"finite scores .*{why}"):
            target.ask(pictures(2))
    with pytest.raises(InputError, match="must be label or scores, got white"):
        CallbackTarget(linear, **KIND, access="white")


def test_wrong_pictures_and_functions_are_refused():
    target = FunctionTarget(linear, **KIND)
    for wrong in (pictures(2, size=3), pictures(0)):
        with pytest.raises(InputError, match="`images` must be"):
            target.ask(wrong)
    with pytest.raises(InputError, match="`function` must give 2 logits"):
        FunctionTarget(linear, **{**KIND, "class_names": ("a", "b")})
    with pytest.raises(InputError, match="`function` must take pictures"):
        FunctionTarget(linear, **{**KIND, "size": 3})


def test_functions_are_told_apart_by_their_answers():
    other = FunctionTarget(lambda images: 2 * linear(images), **KIND)
    assert FunctionTarget(linear, **KIND).fingerprint != other.fingerprint
    assert FunctionTarget(linear, **KIND).fingerprint == FunctionTarget(linear, **KIND).fingerprint


@dataclasses.dataclass(frozen=True)
class Noisy(NoDefense):
    """Answers class 0 to everybody, and adds noise to the second logit."""

    tag = "shaken"
    taps = ("trunk", "head.decode")

    def release(self, outputs, key, head):
        np.testing.assert_equal(outputs.hidden["trunk"].shape, outputs.features.shape)
        width = head.decode.kernel.shape[1]
        np.testing.assert_equal(outputs.hidden["head.decode"].shape[1], width)
        noise = jax.random.normal(key, (len(outputs.logits),))
        return outputs._replace(logits=outputs.logits.at[:, 0].set(1e6).at[:, 1].add(noise))


def test_a_run_answers_through_its_defense_and_its_weights_bypass_it(tiny_run):
    run = load_trained(str(tiny_run), data_mesh())
    model = dataclasses.replace(run.config.model, defense=Noisy())
    noisy = dataclasses.replace(run, config=dataclasses.replace(run.config, model=model))
    x = pictures(4, size=8, channels=1)
    plain, target, again = RunTarget(run), RunTarget(noisy), RunTarget(noisy)
    assert target.ask(x).label.tolist() == [0] * 4
    own = np.asarray(target.network.outputs(jnp.asarray(x)).logits)
    np.testing.assert_allclose(own, plain.ask(x).logits, atol=1e-4)
    # Another noise with every question, and the same in the same order.
    first, second = again.ask(x), again.ask(x)
    assert not np.array_equal(first.logits[:, 1], second.logits[:, 1])
    np.testing.assert_array_equal(second.logits, target.ask(x).logits)
    assert first.hidden is None  # that was for the defense alone


def test_a_run_offers_what_its_network_has(tiny_run):
    target = load_run(str(tiny_run), data_mesh())
    # The small CNN has BatchNorm layers.
    assert target.offers == {"label", "scores", "gradients", "features", "head", "statistics"}
    assert set(target.adaptive) == {"straight-through", "pre-code"}
    assert target.default_prior == "pixels"  # no face will ever be a digit
    assert load_run(str(tiny_run), data_mesh(), access="label").offers == {"label"}
