"""Attacks on linear classifiers, whose nearest wrong answer is known in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.nets.classifier import Classifier
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.head import LinearHead
from loft_jax.robustness.adversaries import Effort, survivors
from loft_jax.robustness.apgd import apgd, checkpoints
from loft_jax.robustness.balls import anywhere
from loft_jax.robustness.objective import log_odds, margin
from loft_jax.robustness.pgd import pgd
from loft_jax.robustness.square import sides, square
from loft_jax.runs.devices import data_mesh

SIZE, N = 6, 12
ATTACKS = {
    "pgd": lambda *a, **k: pgd(*a, **k, steps=20),
    "apgd": lambda *a, **k: apgd(*a, **k, steps=20),
    "square": lambda *a, **k: square(*a, **k, queries=400),
}


def pictures(seed=0):
    """A third of their numbers at the edges of [0, 1], where they can move one way only."""
    drawn = np.random.default_rng(seed).random((N, SIZE, SIZE, 1)) * 1.5 - 0.25
    return np.clip(drawn, 0, 1).astype(np.float32)


def most(norm, images, weight, strength):
    """The most that w . x can rise within the ball and [0, 1], picture by picture.

    L-inf: number by number. L2: the change is clip(t w) with the t that uses the whole length.
    """
    rises = []
    for x in images.reshape(len(images), -1).astype(np.float64):
        if norm == "linf":
            change = np.clip(x + strength * np.sign(weight), 0, 1) - x
        else:
            low, high = 0.0, 1e6
            for _ in range(200):
                middle = (low + high) / 2
                inside = np.linalg.norm(np.clip(x + middle * weight, 0, 1) - x) <= strength
                low, high = (middle, high) if inside else (low, middle)
            change = np.clip(x + low * weight, 0, 1) - x
        rises.append(weight @ change)
    return np.array(rises)


@pytest.fixture(scope="module")
def two_classes(linear):
    """(network, pictures, labels, w, margins): w . x + b > 0 is class 1; all answers are right."""
    rng, images = np.random.default_rng(1), pictures()
    weight = rng.normal(size=SIZE**2)
    scores = images.reshape(N, -1).astype(np.float64) @ weight
    bias = -np.median(scores)
    labels = (scores + bias > 0).astype(np.int32)
    network = linear([np.zeros(SIZE**2), weight], [0, bias])
    return network, images, labels, weight, np.abs(scores + bias)


def robust(two_classes, norm, strength):
    """Whom no change of this strength fools: in closed form."""
    _, images, labels, weight, margins = two_classes
    against = np.where(labels, -1.0, 1.0)
    rises = [
        most(norm, one[None], sign * weight, strength)[0]
        for one, sign in zip(images, against, strict=True)
    ]
    return margins > np.array(rises), np.abs(margins - rises) / margins


def strengths(two_classes, norm):
    """Between one picture's least strength and the next one's, so that nobody is on the edge."""
    grid = np.geomspace(1e-3, {"linf": 0.3, "l2": 3}[norm], 60)
    counts = [robust(two_classes, norm, one) for one in grid]
    clear = [
        (one, int(alive.sum()))
        for one, (alive, gap) in zip(grid, counts, strict=True)
        if gap.min() > 0.02
    ]
    by_count = {count: one for one, count in clear}
    assert len(by_count) > 4
    return [by_count[count] for count in sorted(by_count, reverse=True)]


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("name", ["pgd", "apgd"])
def test_gradient_attacks_fool_exactly_whom_the_nearest_hyperplane_allows(two_classes, norm, name):
    network, images, labels, *_ = two_classes
    for strength in strengths(two_classes, norm):
        keys = jax.random.split(jax.random.key(0), N)
        given = jnp.asarray(images), jnp.asarray(labels), keys, jnp.float32(strength)
        found = ATTACKS[name](network, *given, norm=norm)
        truth, _ = robust(two_classes, norm, strength)
        assert (~np.asarray(found.fooled) == truth).all(), strength


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_square_attack_fools_nobody_it_cannot_and_everybody_in_easy_reach(two_classes, norm):
    network, images, labels, *_ = two_classes
    checked = 0
    for strength in strengths(two_classes, norm):
        keys = jax.random.split(jax.random.key(0), N)
        given = jnp.asarray(images), jnp.asarray(labels), keys, jnp.float32(strength)
        found = ~np.asarray(ATTACKS["square"](network, *given, norm=norm).fooled)
        truth, _ = robust(two_classes, norm, strength)
        easy, _ = robust(two_classes, norm, strength / 2)  # fooled by half the strength already
        assert (found >= truth).all()
        assert not (found & ~easy).any()
        checked += (~easy).sum()
    assert checked > 10


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("name", ATTACKS)
def test_changes_stay_within_the_ball_and_are_pictures(two_classes, norm, name):
    network, images, labels, *_ = two_classes
    keys = jax.random.split(jax.random.key(1), N)
    strength = {"linf": 0.02, "l2": 0.2}[norm]
    given = jnp.asarray(images), jnp.asarray(labels), keys, jnp.float32(strength)
    found = ATTACKS[name](network, *given, norm=norm)
    changed = np.asarray(found.images, np.float64)
    away = (changed - images).reshape(N, -1)
    size = np.abs(away).max(1) if norm == "linf" else np.linalg.norm(away, axis=1)
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert size.max() <= strength * (1 + 1e-5)
    assert size.min() > 0.5 * strength  # they do go somewhere
    logits = np.asarray(network.outputs(found.images).logits)
    assert ((logits.argmax(1) != labels) == np.asarray(found.fooled)).all()


class Waves(nnx.Module):
    """sin(A x): a landscape with many tops, on which each rule of a search shows."""

    def __init__(self, matrix):
        self.matrix = nnx.Param(jnp.asarray(matrix, jnp.float32))

    def __call__(self, x):
        return jnp.sin(x.reshape(len(x), -1) @ self.matrix[...])


def test_apgd_walks_as_a_plain_loop_over_the_paper_does():
    """Algorithm 1 in NumPy and float64, on the cross-entropy itself, of three classes."""
    rng, n, steps, strength = np.random.default_rng(3), 6, 14, 1.0
    images, labels = pictures(3)[:n], np.zeros(n, np.int32)
    matrix, weight = rng.normal(size=(SIZE**2, 8)), rng.normal(size=(3, 8))
    bias = np.array([40.0, 0, 0])  # nobody is fooled, so that the best is what comes back
    head = LinearHead(8, 3, rngs=nnx.Rngs(0))
    head.decode.kernel[...] = jnp.asarray(weight.T, jnp.float32)
    head.decode.bias[...] = jnp.asarray(bias, jnp.float32)
    network = FrozenClassifier(
        *nnx.split(Classifier(Waves(matrix), head), nnx.Param, nnx.BatchStat)
    )
    keys = jax.random.split(jax.random.key(0), n)

    def loss(x):
        phase = (2 * x - 1) @ matrix
        odds = np.exp(weight @ np.sin(phase) + bias)
        share = odds / odds.sum()
        # 1 - share, which is 1e-17, from the other classes.
        towards = np.array([-share[1:].sum(), *share[1:]])
        return np.log1p(odds[1:].sum() / odds[0]), 2 * matrix @ (np.cos(phase) * (towards @ weight))

    def onto(x, centre):
        def at(share):
            return np.clip(centre + share * (x - centre), 0, 1)

        low, high = 0.0, 1.0
        if np.linalg.norm(at(1) - centre) <= strength:
            return at(1)
        for _ in range(60):
            middle = (low + high) / 2
            near = np.linalg.norm(at(middle) - centre) <= strength
            low, high = (middle, high) if near else (low, middle)
        return at(low)

    starts = np.asarray(anywhere("l2", keys, jnp.asarray(images), strength)).reshape(n, -1)
    looks, reasons, expected = {4, 6, 8, 10, 12, 13, 14}, [], []  # ceil of 14 x .22 .41 .57 .70 ...
    for x, centre in zip(starts.astype(float), images.reshape(n, -1).astype(float), strict=True):
        value, slope = loss(x)
        before, best, best_value = x, x, value
        eta = last_eta = 2 * strength
        last_best, rises, since = value, 0, 0
        for k in range(1, steps + 1):
            z = onto(x + eta * slope / np.linalg.norm(slope), centre)
            momentum = 0.75 * (z - x) + 0.25 * (x - before) if k > 1 else z - x
            before, x, last = x, onto(x + momentum, centre), value
            value, slope = loss(x)
            rises, since = rises + (value > last), since + 1
            if value > best_value:
                best, best_value = x, value
            if k in looks:
                few, stuck = rises < 0.75 * since, eta == last_eta and best_value == last_best
                reasons.append((few, stuck))
                last_eta, last_best, rises, since = eta, best_value, 0, 0
                if few or stuck:
                    eta, x = eta / 2, best
                    value, slope = loss(x)
        expected.append(best)
    # At some looks the steps were halved, at others not.
    assert {(False, False), (True, False)} <= set(reasons)
    assert sorted(looks) == checkpoints(steps)
    found = apgd(network, jnp.asarray(images), jnp.asarray(labels), keys, jnp.float32(strength),
                 norm="l2", steps=steps)  # fmt: skip
    assert not found.fooled.any()
    np.testing.assert_allclose(np.asarray(found.images).reshape(n, -1), expected, atol=2e-3)


def test_it_looks_back_where_the_paper_does():
    assert checkpoints(100) == [22, 41, 57, 70, 80, 87, 93, 99]


def test_squares_shrink_as_the_paper_has_it():
    # 0.8 of 32 x 32 pixels, halved after 10, 50, 200, ... of 10,000 queries.
    found = sides("linf", 32, 10_000)
    for query, share in ((0, 0.8), (10, 0.8), (11, 0.4), (51, 0.2), (201, 0.1), (8001, 0.8 / 512)):
        assert found[query] == max(round(np.sqrt(share * 32**2)), 1)
    odd = sides("l2", 32, 100)
    assert all(one % 2 == 1 and 3 <= one <= 32 for one in odd)
    assert sides("l2", 8, 10)[0] == 7


def test_log_odds_and_margin_are_those_of_the_softmax():
    logits, labels = np.random.default_rng(0).normal(size=(5, 4)), np.array([0, 1, 2, 3, 0])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    own = p[np.arange(5), labels]
    found = log_odds(jnp.asarray(logits, jnp.float32), jnp.asarray(labels))
    np.testing.assert_allclose(found, np.log((1 - own) / own), rtol=1e-5)
    rivals = [max(np.delete(row, label)) for row, label in zip(logits, labels, strict=True)]
    found = margin(jnp.asarray(logits, jnp.float32), jnp.asarray(labels))
    np.testing.assert_allclose(found, logits[np.arange(5), labels] - rivals, rtol=1e-5)


def test_a_network_that_is_sure_beyond_float32_is_attacked_all_the_same(linear, two_classes):
    """Logits of 3,000 round every probability to 0 or 1: the slope of cross-entropy is zero."""
    _, images, labels, weight, margins = two_classes
    scale = 3000 / margins.min()
    bias = np.median(images.reshape(N, -1).astype(np.float64) @ weight)
    network = linear([np.zeros(SIZE**2), scale * weight], [0, -scale * bias])

    def cross_entropy(x):
        logits = network.outputs(x).logits
        return -jnp.take_along_axis(
            jax.nn.log_softmax(logits), jnp.asarray(labels)[:, None], 1
        ).sum()

    assert not np.asarray(jax.grad(cross_entropy)(jnp.asarray(images))).any()
    keys = jax.random.split(jax.random.key(0), N)
    given = jnp.asarray(images), jnp.asarray(labels), keys, jnp.float32(0.5)
    for name in ("pgd", "apgd"):
        assert ATTACKS[name](network, *given, norm="linf").fooled.all()


def test_survivors_are_the_closed_form_s_whatever_the_batch(two_classes):
    network, images, labels, *_ = two_classes
    wanted = np.array(strengths(two_classes, "linf"))
    right = np.ones(N, bool)
    right[0] = False  # who is wrong without an attack does not survive one
    tables = [
        survivors(network, images, labels, right, "linf", wanted, Effort(20, 40, batch=batch),
                  data_mesh())
        for batch in (5, 16)
    ]  # fmt: skip
    truth = np.array([robust(two_classes, "linf", one)[0] for one in wanted]) & right
    assert (tables[0]["apgd"] == truth).all()
    assert (tables[0]["worst"] == truth).all()
    assert (tables[0]["square"] >= truth).all()
    assert set(tables[0]) == {"pgd", "apgd", "square", "worst"}
    for name, alive in tables[0].items():
        assert (alive == tables[1][name]).all(), name
