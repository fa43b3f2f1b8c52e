"""Label smoothing: its value by hand, its schedule beside the published one, epoch by epoch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from defended import answered, configuration, loss_of

from loft_jax.defenses.smoothing import Smoothing
from loft_jax.defenses.table import defense_named
from loft_jax.fitting.classifiers import ClassifierTask

EPOCHS, STEPS = 100, 20
LABELS = [1, 0, 4]


def logits(seed=0):
    return np.random.default_rng(seed).normal(0, 2, (3, 5))


def by_hand(alpha):
    """(1 - alpha) of -log p of the label plus alpha of its mean over all classes."""
    shifted = logits() - logits().max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    own = -log_p[np.arange(3), LABELS].mean()
    return (1 - alpha) * own + alpha * -log_p.mean()


def loss(defense, progress, smoothing=0.0):
    return loss_of(defense, answered(logits()), LABELS, progress=progress, smoothing=smoothing)


@pytest.mark.parametrize("alpha", [-0.05, -1.0, -0.001])
def test_after_three_quarters_the_whole_factor_acts(alpha):
    for progress in (0.75, 0.9, 0.999):
        assert loss(Smoothing(alpha), progress) == pytest.approx(by_hand(alpha), rel=1e-5)


def test_before_half_of_the_run_there_is_cross_entropy_alone():
    for progress in (0.0, 0.3, 0.5):
        assert loss(Smoothing(-1.0), progress) == pytest.approx(by_hand(0), rel=1e-6)


@pytest.mark.parametrize("defense", [Smoothing(0.1), Smoothing(-0.05, "constant")])
@pytest.mark.parametrize("progress", [0.0, 0.6, 0.9])
def test_a_positive_or_a_constant_factor_always_acts(defense, progress):
    assert loss(defense, progress) == pytest.approx(by_hand(defense.alpha), rel=1e-5)


def test_it_comes_on_top_of_the_smoothing_that_was_asked_for():
    assert loss(Smoothing(-0.05), 0.9, 0.2) == pytest.approx(by_hand(0.15), rel=1e-5)


def published(alpha, epoch):
    """Of an epoch of a hundred, as Struppek et al. set it."""
    if epoch < 50:
        return 0.0
    return alpha * (epoch + 1 - 50) / (100 - 50) if epoch < 75 else alpha


def factors(alpha):
    """Of every update of a run of 100 epochs, an epoch a row."""
    progress = jnp.arange(EPOCHS * STEPS, dtype=jnp.float32) / (EPOCHS * STEPS)
    return np.asarray(jax.vmap(Smoothing(alpha).factor)(progress)).reshape(EPOCHS, STEPS)


def test_the_last_update_of_every_epoch_is_at_most_one_update_before_the_published_value():
    alpha = -0.05
    an_update = alpha / 50 / STEPS  # the ramp takes 50 epochs to alpha
    for epoch, found in enumerate(factors(alpha)):
        missing = an_update if 50 <= epoch < 75 else 0
        assert found[-1] == pytest.approx(published(alpha, epoch) - missing, abs=1e-7)


def test_outside_the_ramp_every_update_has_the_published_value():
    for epoch in (*range(50), *range(75, 100)):
        np.testing.assert_allclose(factors(-0.05)[epoch], published(-0.05, epoch), atol=1e-8)


def test_it_is_named_by_its_factor():
    assert defense_named("negls:-0.02") == Smoothing(-0.02)
    assert Smoothing(-0.02, "constant").spec == "negls:-0.02,schedule=constant"


def test_the_last_weights_are_kept_though_the_validation_loss_was_lower_before():
    task = object.__new__(ClassifierTask)
    rows = [{"step": 10, "validation_loss": 0.1}, {"step": 20, "validation_loss": 3.0}]
    task._config = configuration(Smoothing())
    assert max(rows, key=task.score)["step"] == 20
    task._config = configuration(defense_named("none"))
    assert max(rows, key=task.score)["step"] == 10
