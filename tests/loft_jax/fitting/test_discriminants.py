"""A network with discriminants begins as discriminant analysis, whatever its head."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from flax import nnx
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline

from loft_jax.defenses.loft import LoFt
from loft_jax.defenses.none import NoDefense
from loft_jax.fitting.discriminants import begun_as_discriminants, fisher
from loft_jax.fitting.predict import Answerer
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.fitting.state import blueprint, classifier
from loft_jax.nets.description import Description
from loft_jax.nets.head import MARGIN, LinearHead, nearest_mean
from loft_jax.nets.layers.oriented import oriented_gradients
from loft_jax.nets.trunks.table import TRUNKS, Trunk
from loft_jax.runs.devices import data_mesh

CLASSES = 5


def cloud(seed=0, n=200, d=6):
    """Rows of five classes with one covariance, and their classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(CLASSES, size=n).astype(np.int32)
    mixing = rng.normal(size=(d, d))
    means = np.random.default_rng(9).normal(size=(CLASSES, d)) * 2
    return (means[labels] + rng.normal(size=(n, d)) @ mixing).astype(np.float32), labels


def test_discriminants_solve_fishers_generalised_eigenproblem():
    features, labels = cloud()
    mean, kernel = fisher(features, labels, 3)
    x = features.astype(float)
    groups = [x[labels == c] for c in range(CLASSES)]
    within = sum(len(g) * np.cov(g.T, bias=True) for g in groups) / len(x)
    total = np.cov(x.T, bias=True)
    values, vectors = scipy.linalg.eigh(total - within, within)
    best = vectors[:, ::-1][:, :3]
    best /= (x @ best).std(0)
    found = (x - mean) @ kernel
    np.testing.assert_allclose(found.std(0), 1, rtol=1e-4)
    agreement = np.abs((found * ((x - x.mean(0)) @ best)).mean(0))
    np.testing.assert_allclose(agreement, 1, atol=1e-3)
    assert values[-1] > values[-2] > values[-3] > 0


def test_columns_that_there_are_too_few_pictures_for_are_zero():
    features, labels = cloud(n=200, d=6)
    few = np.concatenate([np.flatnonzero(labels == c)[:2] for c in range(CLASSES)])
    _, kernel = fisher(features[few], labels[few], 4)  # (10 - 5) // 2 components
    assert np.abs(kernel[:, :2]).max() > 0
    assert not kernel[:, 2:].any()
    ones = np.array([np.flatnonzero(labels == c)[0] for c in range(CLASSES)])
    assert not fisher(features[ones], labels[ones], 4)[1].any()


def test_scores_rank_classes_by_distance_in_units_of_the_spread_within():
    x, labels = cloud()
    x = x.copy()
    x[:, 2] = 7.0  # a column that does not vary
    kernel, bias = (
        np.asarray(one, float) for one in nearest_mean(jnp.asarray(x), jnp.asarray(labels), CLASSES)
    )
    means = np.array([x[labels == c].mean(0) for c in range(CLASSES)])
    spread = ((x - means[labels]) ** 2).mean(0)
    keep = np.arange(6) != 2
    away = (((x[:, None] - means) ** 2) / np.where(keep, spread, np.inf)).sum(-1)
    scores = x @ kernel + bias
    assert np.array_equal(scores.argmax(1), away.argmin(1))
    above = (scores[np.arange(len(x)), labels] - scores.mean(1)).mean()
    assert above == pytest.approx(MARGIN, rel=1e-3) or above < MARGIN
    half = (away.mean(1, keepdims=True) - away) / 2
    centred = scores - scores.mean(1, keepdims=True)
    np.testing.assert_allclose(centred, half * (centred.std() / half.std()), atol=1e-3)


def test_a_head_is_blind_to_the_other_features_when_it_begins():
    x, labels = cloud()
    head = LinearHead(9, CLASSES, True, rngs=nnx.Rngs(0))
    others = np.random.default_rng(1).normal(size=(len(x), 3)).astype(np.float32)
    features = np.concatenate([others, x], 1)
    head.begin(jnp.asarray(features), jnp.asarray(labels), 6)
    assert head.norm is not None
    assert not np.asarray(head.decode.kernel[...])[:3].any()
    np.testing.assert_allclose(head.norm.mean[...], features.mean(0), atol=1e-5)


class Bright(nnx.Module):
    """A trunk that only sees how bright a picture is."""

    def __init__(self, size, channels, *, dtype, rngs):
        self.dense = nnx.Linear(channels, 2, rngs=rngs)

    def __call__(self, x):
        return self.dense(x.mean(axis=(1, 2)))


@pytest.fixture
def bright(monkeypatch):
    monkeypatch.setitem(TRUNKS, "bright", Trunk(Bright, lambda size: 2, 8))


@pytest.mark.parametrize(
    "defense",
    [
        LoFt(5),
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in (NoDefense(), LoFt(3, input_norm=True))
        ),
    ],
)
def test_every_head_begins_as_discriminant_analysis(defense, bright):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(CLASSES, dtype=np.int32), 12)
    patterns = rng.uniform(60, 200, (CLASSES, 8, 8, 1))[labels]
    noisy = (np.clip(patterns + rng.normal(0, 40, patterns.shape), 0, 255) for _ in range(2))
    images, test = (x.astype(np.uint8) for x in noisy)
    config = TrainConfig(model=ModelConfig("bright", defense, fisher=16))
    graphs, initialise = blueprint(config, Description(8, 1, tuple("abcde")), 1)
    state = begun_as_discriminants(initialise(), graphs, images, labels)
    answer = Answerer(graphs.evaluate, defense, data_mesh(), 60)
    answers = answer(state.params, state.stats, test)
    assert answers.features.shape == (60, 2 + CLASSES - 1)
    named = np.mean(answers.logits.argmax(1) == labels)
    pixels = (2 * jnp.asarray(x, jnp.float32) / 255 - 1 for x in (images, test))
    seen, asked = (np.asarray(jax.jit(oriented_gradients)(one)) for one in pixels)
    analysis = make_pipeline(PCA(27), LinearDiscriminantAnalysis()).fit(seen, labels)
    by_analysis = analysis.score(asked, labels)
    assert by_analysis > 0.5
    # Tanh, and a rank of 3 where there are 4 discriminants, cost a little.
    assert named >= by_analysis - (0.1 if isinstance(defense, LoFt) else 0.02)


def test_in_training_each_part_of_the_features_is_lost_now_and_then(bright):
    config = TrainConfig(model=ModelConfig("bright", NoDefense(), fisher=4))
    model = classifier(config.model, Description(8, 1, tuple("abcde")), 0)
    assert model.discriminants is not None
    model.discriminants.kernel[...] = jnp.ones_like(model.discriminants.kernel[...])
    images = jnp.asarray(np.random.default_rng(0).uniform(size=(400, 8, 8, 1)), jnp.float32)
    seen = model.outputs(images).features
    whole = nnx.view(model, deterministic=True).outputs(images).features
    means = whole.mean(0)
    for part in (slice(0, 2), slice(2, 6)):
        lost = np.isclose(seen[:, part], means[None, part], atol=1e-5).all(1)
        kept = np.isclose(seen[:, part], whole[:, part], atol=1e-5).all(1)
        assert (lost | kept).all()
        assert abs(lost.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 400)  # 4 standard errors
    assert not (np.isclose(seen, means[None], atol=1e-5).all(1)).any()  # never both


def test_the_basis_is_no_weight(bright):
    plain = TrainConfig(model=ModelConfig("bright", NoDefense()))
    asked = dataclasses.replace(plain, model=dataclasses.replace(plain.model, fisher=4))
    pictures = Description(8, 1, tuple("abc"))
    weights = [
        {path for path, _ in nnx.to_flat_state(nnx.state(model, nnx.Param))}
        for model in (classifier(one.model, pictures, 0) for one in (plain, asked))
    ]
    assert weights[0] == weights[1]
