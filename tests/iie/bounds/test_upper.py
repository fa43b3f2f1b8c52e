"""Upper ends: ridge is scikit-learn's, errors are fresh, the best of several is honest."""

import json

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import Ridge as SklearnRidge

import iie
from iie.bounds.limits import halves, lower_limit, upper_limit
from iie.bounds.ridge import fit_ridge

RNG = np.random.default_rng(8)
X = RNG.standard_normal((300, 4))
Y = np.tanh(X @ RNG.standard_normal((4, 6))) + 0.3 * RNG.standard_normal((300, 6))


def penalty_of(fitted, y, x):
    """The penalty that reproduces a fitted ridge, by trying them all against scikit-learn."""
    centred = y - y.mean(axis=0)
    scale = np.mean(np.linalg.svd(centred, compute_uv=False) ** 2)
    for share in np.geomspace(1e-10, 1e6, 49):
        other = SklearnRidge(alpha=share * scale).fit(y, x)
        if np.allclose(other.predict(y), fitted.predict(y), atol=1e-8):
            return share * scale
    return None


def generalised_validation(y, x, penalty):
    """The score of Golub, Heath and Wahba from the hat matrix itself."""
    y, x = y - y.mean(axis=0), x - x.mean(axis=0)
    hat = y @ np.linalg.solve(y.T @ y + penalty * np.eye(y.shape[1]), y.T)
    return np.sum((x - hat @ x) ** 2) / (len(y) - 1 - np.trace(hat)) ** 2


@pytest.mark.parametrize("n", [12, 20, 300])
def test_ridge_is_scikit_learns_at_the_penalty_that_validates_best(n):
    y, x = Y[:n], X[:n]
    penalty = penalty_of(fit_ridge(y, x), y, x)
    assert penalty is not None
    scale = np.mean(np.linalg.svd(y - y.mean(axis=0), compute_uv=False) ** 2)
    others = [generalised_validation(y, x, a * scale) for a in np.geomspace(1e-6, 1e6, 37)]
    assert generalised_validation(y, x, penalty) <= min(others) * (1 + 1e-9)


def test_ridge_of_nothing_is_the_mean_and_more_columns_than_rows_fit():
    flat = fit_ridge(np.ones((50, 3)), X[:50])
    np.testing.assert_allclose(flat.predict(np.ones((2, 3))), np.tile(X[:50].mean(axis=0), (2, 1)))
    noise = RNG.standard_normal((40, 200))
    guess = fit_ridge(noise, X[:40]).predict(RNG.standard_normal((500, 200)))
    assert np.var(guess) < 0.5  # shrunk: there is nothing to learn


def test_the_bound_is_the_error_on_the_half_that_was_not_fitted():
    table = iie.upper_bound(X, Y, rng=3)
    bound = table.best
    (rng,) = np.random.default_rng(3).spawn(1)
    fitting, measuring = halves(300, rng)
    guess = fit_ridge(Y[fitting], X[fitting]).predict(Y[measuring])
    errors = np.sum((X[measuring] - guess) ** 2, axis=1)
    assert bound.standard_error == pytest.approx(stats.sem(errors))
    assert bound.total >= errors.mean() + stats.sem(errors) * stats.t.ppf(0.95, 149) - 1e-12
    assert bound.variance == pytest.approx(np.var(X, axis=0).sum())
    assert bound.relative == pytest.approx(bound.total / bound.variance)
    share = iie.upper_bound(X, Y, rng=3, variance=50.0).best
    assert (share.total, share.relative) == (bound.total, bound.total / 50)
    assert (bound.kind, bound.name, table.confidence) == ("upper bound", "ridge", 0.95)


class Knows:
    def predict(self, y):
        return X[np.argmin(np.abs(y[:, None, 0] - Y[:, 0]), axis=1)]


class Wrong:
    def predict(self, y):
        return np.zeros((len(y), 1))


def test_the_best_of_several_shares_the_risk():
    table = iie.upper_bound(X, Y, regressors=[Knows(), SklearnRidge(1e6).fit(Y, X)])
    assert [bound.name for bound in table.table] == ["Knows", "ridge", "Ridge"]
    assert table.best.total == 0
    assert all(bound.confidence == pytest.approx(1 - 0.05 / 3) for bound in table.table)
    totals = [bound.total for bound in table.table]
    assert totals == sorted(totals)
    twice = iie.upper_bound(X, Y, regressors=[Knows(), Knows()])
    assert {bound.name for bound in twice.table} == {"ridge", "Knows", "Knows #2"}


def test_the_noise_is_not_the_stream_that_drew_the_samples():
    # default_rng(seed) may have drawn x: noise from the same stream would be x itself.
    for seed in (0, 1):
        x = np.random.default_rng(seed).standard_normal((4000, 1))
        assert iie.upper_bound(x, x, noise=1.0, rng=seed).best.total > 0.45


def test_samples_of_pictures_and_functions_as_releases():
    pictures = X.reshape(300, 2, 2)
    by_function = iie.upper_bound(X, lambda x: np.tanh(x), noise=0.5)
    assert iie.upper_bound(pictures, np.tanh(X), noise=0.5) == by_function


def test_results_are_json_and_print():
    table = iie.upper_bound(X, Y)
    content = json.loads(json.dumps(table.to_dict(), allow_nan=False))
    assert content["best"]["total"] == table.best.total
    assert content["table"][0]["bits"] is None
    assert "kind            upper bound" in str(table.best)
    assert "confidence      0.95" in str(table.best)
    lower = iie.lower_bound(np.eye(4), bits=3.0)
    assert lower.confidence == 1.0
    assert json.loads(json.dumps(lower.to_dict()))["best"]["bits"] == 3.0


def test_limits_of_a_symmetric_mean_are_students():
    x = np.array([-3.0, -1, 0, 1, 3] * 10)
    limit = upper_limit(x, 0.9)
    assert limit.value == pytest.approx(stats.sem(x) * stats.t.ppf(0.9, 49))
    mirrored = lower_limit(x, 0.9)
    assert mirrored.value == pytest.approx(-limit.value)
    assert mirrored.mean == limit.mean
    assert upper_limit(np.full(30, 2.0), 0.99) == (2.0, 2.0, 0.0)
    # A tail below makes the upper limit no narrower, a tail above wider.
    tail = np.append(np.zeros(49), 10.0)
    expected = stats.t.ppf(0.9, 49)
    for sign, wider in ((1, True), (-1, False)):
        made = upper_limit(sign * tail, 0.9)
        z = (made.value - made.mean) / made.standard_error
        assert (z > expected + 0.1) == wider
        assert z >= expected - 1e-12


def test_halves_are_disjoint_and_whole():
    fitting, measuring = halves(101, np.random.default_rng(0))
    assert sorted([*fitting, *measuring]) == list(range(101))
    assert (len(fitting), len(measuring)) == (50, 51)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"samples": X[:30], "releases": Y[:30]}, "`samples` must be at least 40"),
        ({"releases": Y[:-1]}, "`releases` must have one row for each of the 300 samples, got 299"),
        ({"samples": X[:, 0]}, r"`samples` must hold one sample a row, got shape \(300,\)"),
        ({"samples": X * np.inf}, "`samples` must be finite"),
        ({"samples": [[1.0], [1.0, 2.0]]}, "`samples` must be a rectangular array"),
        ({"samples": np.full((300, 4), "a")}, "`samples` must hold real numbers"),
        ({"variance": -1.0}, "`variance` must be at least 0, got -1"),
        ({"noise": -1.0}, "`noise` must not be negative"),
        ({"noise": np.ones((6, 6, 1))}, "`noise` must be one variance, 6 of them or 6 x 6"),
        ({"regressors": [3]}, "`regressors` must have `predict`, got a int"),
        ({"regressors": [Wrong()]}, r"`regressors` must predict shape \(150, 4\), got \(150, 1\)"),
        ({"confidence": 0.3}, r"`confidence` must be in \[0.5, 1\), got 0.3"),
    ],
)
def test_bad_input_is_one_sentence(flags, message):
    given = {"samples": X, "releases": Y, **flags}
    with pytest.raises(ValueError, match=message):
        iie.upper_bound(given.pop("samples"), given.pop("releases"), **given)
