"""Confidence adaptation: the loss by hand, its least value, and the run that it begins with."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from defended import answered, configuration, loss_of
from scipy.optimize import minimize_scalar

from loft_jax.defenses.confidence import ConfidenceAdapted
from loft_jax.defenses.loft import LoFt
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.table import defense_named


def of_score(p, gamma=8.0):
    """The loss of one picture of two classes whose label has the score p."""
    return loss_of(ConfidenceAdapted(4, gamma=gamma), answered([[np.log(p / (1 - p)), 0.0]]), [0])


@pytest.mark.parametrize("gamma", [1.0, 4.0, 8.0])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9, 0.99])
def test_it_is_a_quarter_of_p_to_the_gamma_times_log_p(p, gamma):
    assert of_score(p, gamma) == pytest.approx(0.25 * p**gamma * np.log(p), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("gamma", [2.0, 8.0])
def test_the_least_value_is_at_exp_of_minus_one_over_gamma(gamma):
    found = minimize_scalar(lambda p: of_score(p, gamma), bounds=(0.3, 0.999), method="bounded",
                            options={"maxiter": 40})  # fmt: skip
    assert found.x == pytest.approx(np.exp(-1 / gamma), abs=3e-3)  # float32: the valley is flat


def test_it_is_the_mean_over_the_batch():
    logits = [[2.0, 0.0, -1.0], [0.0, 1.0, 3.0]]
    p = np.exp([2.0, 1.0]) / np.exp(logits).sum(axis=1)
    expected = (0.25 * p**8 * np.log(p)).mean()
    found = loss_of(ConfidenceAdapted(4), answered(logits), [0, 1])
    assert found == pytest.approx(expected, rel=1e-4)


def test_it_begins_with_the_loft_run_of_its_rank_and_keeps_the_last_weights():
    defense = defense_named("loft-ca:16,activation=relu,input_norm=true,gamma=4")
    config = configuration(defense, learning_rate=1e-3)
    begun = defense.start_from(config)
    assert begun == configuration(LoFt(16, "relu", True), learning_rate=1e-3)
    assert defense.keeps_last
    assert defense.baselines == (LoFt(16, "relu", True), NoDefense(True), NoDefense())


def test_updates_are_a_fiftieth():
    rule = ConfidenceAdapted(4).rule(optax.sgd(0.5))
    update, _ = rule.update(jnp.float32(3), rule.init(jnp.float32(0)))
    assert float(update) == pytest.approx(-0.5 * 3 / 50)


def test_it_is_named_by_rank_and_by_what_differs():
    assert ConfidenceAdapted(16).label == "LoFt with confidence adaptation rank 16"
    assert ConfidenceAdapted(16, gamma=4.0).label.endswith("rank 16 (gamma 4)")
    assert defense_named(ConfidenceAdapted(16, gamma=4.0).spec) == ConfidenceAdapted(16, gamma=4.0)
