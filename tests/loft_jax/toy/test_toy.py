"""The toy against what is known by hand: a linear network's field, paths and code, and the law."""

import jax
import numpy as np
import pytest
from scipy.stats import multivariate_normal

import iie
from loft_jax.errors import InputError
from loft_jax.runs.files import read_json
from loft_jax.toy.attack import ascend, attack_classes, attack_codes, gradient_field
from loft_jax.toy.conclusions import conclusions
from loft_jax.toy.evaluation import NOISE, Effort, evaluate, releases
from loft_jax.toy.figure import draw
from loft_jax.toy.fitting import fit
from loft_jax.toy.law import bayes_class, class_log_densities, public_starts, three_classes
from loft_jax.toy.networks import ARCHITECTURES

LAW = three_classes()
EFFORT = Effort(paths=20, class_steps=100, victims=60, restarts=2, code_steps=100, samples=200)


@pytest.fixture(scope="module")
def linear():
    return fit("linear", LAW, seed=0, steps=300)


@pytest.fixture(scope="module")
def loft():
    return fit("LoFt, tanh", LAW, seed=0, steps=300)


def linear_parts(network):
    """W "3 2" and b of the linear network."""
    layer = network.head.decode
    return np.asarray(layer.kernel[...], float).T, np.asarray(layer.bias[...], float)


def test_the_class_densities_are_scipys():
    x = public_starts(50, np.random.default_rng(0))
    expected = [
        multivariate_normal(m, S.dense()).logpdf(x) + np.log(p)
        for p, m, S in zip(LAW.weights, LAW.means, LAW.components, strict=True)
    ]
    np.testing.assert_allclose(class_log_densities(LAW, x), np.transpose(expected))
    assert bayes_class(LAW, LAW.means).tolist() == [0, 1, 2]


def test_the_field_of_a_linear_network_is_its_row_less_the_expected_row(linear):
    # d log softmax(W x + b)_k / dx = W_k - sum_j p_j W_j.
    W, b = linear_parts(linear)
    x = public_starts(30, np.random.default_rng(1))
    logits = x @ W.T + b
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(gradient_field(linear, x, 1), W[1] - p @ W, atol=1e-4)


def test_the_field_of_a_curved_network_is_its_finite_difference(loft):
    x = np.random.default_rng(2).normal(size=(20, 2))
    step = 1e-2

    def score(x):
        logits = np.asarray(releases(loft, x)[0], float)
        return logits[:, 0] - np.log(np.exp(logits).sum(axis=1))

    differences = np.stack(
        [(score(x + step * e) - score(x - step * e)) / (2 * step) for e in np.eye(2)], axis=1
    )
    field = gradient_field(loft, x, 0)
    # Float32 scores, divided by the step: 1e-3; the third derivative adds a share.
    np.testing.assert_allclose(field, differences, rtol=0.02, atol=5e-3)


def test_paths_on_a_linear_network_stay_in_the_span_of_its_rows_differences(linear):
    # The probability of class 0 rises at every step, and a first step goes along the known field.
    W, b = linear_parts(linear)
    starts = public_starts(40, np.random.default_rng(3))
    path = attack_classes(linear, starts, np.zeros(40, int), 50)
    assert path.shape == (51, 40, 2)
    logits = path @ W.T + b
    log_p = logits[..., 0] - np.log(np.exp(logits).sum(axis=-1))
    assert np.all(np.diff(log_p, axis=0) >= -1e-4)
    first = path[1] - path[0]
    field = gradient_field(linear, starts, 0)
    sines = first[:, 0] * field[:, 1] - first[:, 1] * field[:, 0]
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(field, axis=1)
    moving = norms > 1e-4
    assert moving.sum() > 10
    np.testing.assert_allclose(sines[moving] / norms[moving], 0, atol=0.02)


def test_ascent_ends_where_a_parabola_is_highest():
    import optax

    starts = np.array([[3.0, 1.0], [-2.0, 5.0]])
    tops = np.array([[1.0, 0.0], [0.0, 2.0]], np.float32)
    points, values = ascend(
        lambda x, top: -jax.numpy.sum((x - top) ** 2), starts, (tops,), optax.sgd(0.1), 100
    )
    np.testing.assert_allclose(points[0], starts)
    np.testing.assert_allclose(points[-1], tops, atol=1e-5)
    np.testing.assert_allclose(values, 0, atol=1e-8)


def test_the_code_of_a_linear_network_has_the_simulated_error_of_the_known_posterior(linear):
    # Its code is x itself: the mixture's posterior is known, and simulated by another route.
    numbers, _ = evaluate(linear, LAW, iie.prior_nodes(LAW, 121), EFFORT, seed=0)
    noise = NOISE * LAW.covariance.trace() ** 0.5
    assert numbers["code"]["noise"] == pytest.approx(noise, rel=1e-5)
    truth = iie.ideal_inversion_error(LAW, iie.Linear(np.eye(2), noise=noise**2), samples=40_000)
    variance = LAW.covariance.trace()
    assert abs(numbers["code"]["iie"] * variance - truth.total) <= 5 * truth.standard_error
    assert numbers["code"]["kind"] == "exact"
    attack = numbers["code_attack"]
    assert attack["error"] >= numbers["code"]["iie"] - 4 * attack["standard_error"]


def test_the_most_probable_input_given_a_clear_code_is_found(linear):
    x = LAW.sample(30, np.random.default_rng(4))
    starts = public_starts(60, np.random.default_rng(5)).reshape(30, 2, 2)
    guess = attack_codes(linear, LAW, x, 0.01, starts, 300)
    np.testing.assert_allclose(guess, x, atol=0.01)


def test_logits_of_loft_tell_what_its_code_tells(loft):
    # They are an affine map of one number, and the noise is relative to either's spread.
    numbers, paths = evaluate(loft, LAW, iie.prior_nodes(LAW, 101), EFFORT, seed=0)
    assert numbers["code"]["numbers"] == 1
    assert numbers["logits"]["iie"] == pytest.approx(numbers["code"]["iie"], rel=1e-4)
    assert numbers["accuracy"] > 0.9
    assert paths.points.shape == (101, 60, 2)
    again, same = evaluate(loft, LAW, iie.prior_nodes(LAW, 101), EFFORT, seed=0)
    assert again == numbers
    np.testing.assert_array_equal(same.points, paths.points)


def test_accuracy_is_the_simulated_accuracy(linear):
    numbers, _ = evaluate(linear, LAW, iie.prior_nodes(LAW, 101), EFFORT, seed=0)
    x, labels = LAW.labelled(40_000, np.random.default_rng(6))
    right = releases(linear, x)[0].argmax(axis=1) == labels
    # 5 standard errors, and the cells that a decision boundary cuts.
    slack = 5 * right.std() / len(right) ** 0.5 + 1e-3
    assert abs(numbers["accuracy"] - right.mean()) <= slack


def test_training_repeats_by_its_seed():
    def weight(seed):
        return linear_parts(fit("linear", LAW, seed=seed, steps=20))[0]

    np.testing.assert_array_equal(weight(0), weight(0))
    assert not np.array_equal(weight(0), weight(1))


def test_an_unknown_network_is_refused():
    with pytest.raises(InputError, match=r"`name` must be one of linear, MLP, .*; got 'resnet'"):
        fit("resnet", LAW, seed=0, steps=1)


def entry(iie_, attack, success):
    return {
        "code": {"iie": iie_, "uncertainty": 0.0},
        "code_attack": {"error": attack, "standard_error": 0.01},
        "class_attack": {"success": success},
    }


def test_conclusions_say_no_more_than_the_numbers():
    def said(tanh, plain):
        return conclusions({"LoFt, tanh": tanh, "LoFt, no tanh": plain}, 0.2, 900)

    few = said([entry(0.2, 0.3, 0.1)], [entry(0.1, 0.3, 0.9)])
    assert "no statement on the tanh" in few[2]
    clear = said([entry(0.2, 0.3, 0.1)] * 3, [entry(0.1, 0.3, 0.9)] * 3)
    assert "the tanh hinders this attack, and the tanh's code leaves more unknown" in clear[2]
    none = said([entry(0.2, 0.3, 0.49)] * 3, [entry(0.2, 0.3, 0.5)] * 3)
    assert "within what networks and starts differ by, and neither code tells less" in none[2]
    assert "2 of 6 attacks" not in none[1]
    wrong = said([entry(0.2, 0.1, 0.1)], [entry(0.1, 0.3, 0.9)])
    assert "1 of 2 attacks on a code came out more than 4 standard errors below" in wrong[1]


@pytest.mark.slow
@pytest.mark.command
def test_the_figure_and_its_numbers_are_written(tmp_path):
    result = draw(tmp_path / "new", seed=3, quick=True)
    assert (tmp_path / "new/fig4.png").read_bytes().startswith(b"\x89PNG")
    assert read_json(tmp_path / "new/fig4.json") == result
    assert set(result["networks"]) == set(ARCHITECTURES)
    assert result["label_iie"] == pytest.approx(
        (0.9**2 + 0.55**2) / (0.9**2 + 0.55**2 + 4), rel=1e-9
    )
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["fig4.json", "fig4.png"]
