"""Designed filters against grids of directions and their dual bound; accuracy by quadrature."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import strategies
from hypothesis import given
from hypothesis import strategies as st

import iie
from iie.filters.curves import least_leaking, position
from iie.filters.designs import design_filter, lda_model, sufficient_rank, trade_off
from iie.filters.discriminant import bayes_accuracy, held_out_accuracy
from iie.filters.ideal_design import IdealDesign


def rng():
    return np.random.default_rng(0)


def random_model(seed, classes, d, priors=None):
    source = np.random.default_rng(seed)
    root = source.standard_normal((d, d))
    return lda_model(
        source.standard_normal((classes, d)), root @ root.T / d + 0.1 * np.eye(d), priors
    )


def kept_share(model, W):
    """Pillai's trace of W over that of x, from the definition."""
    full = np.trace(np.linalg.solve(model.total, model.between))
    return np.trace(np.linalg.solve(W @ model.total @ W.T, W @ model.between @ W.T)) / full


def directions(d):
    """A fine grid of the half circle or half sphere."""
    if d == 2:
        t = np.linspace(0, np.pi, 100_001)
        return np.stack([np.cos(t), np.sin(t)], axis=1)
    t, u = np.meshgrid(*[np.linspace(0, np.pi, 701)] * 2)
    return np.stack([np.sin(t) * np.cos(u), np.sin(t) * np.sin(u), np.cos(t)], -1).reshape(-1, 3)


@pytest.mark.parametrize(("d", "classes"), [(2, 2), (2, 3), (3, 2), (3, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_no_direction_of_a_fine_grid_keeps_as_much_and_leaks_less(d, classes, seed):
    model = random_model(seed, classes, d)
    S, W = model.total, directions(d)
    power = np.sum(W @ S * W, axis=1)
    kept = np.sum(W @ model.between * W, axis=1) / power
    kept /= np.trace(np.linalg.solve(S, model.between))
    errors = np.trace(S) - np.sum((W @ S) ** 2, axis=1) / power
    for share in np.linspace(0, kept.max() * (1 - 1e-6), 7):
        best = errors[kept >= share].max()
        found = design_filter(model, 1, share, attacker="linear", samples=2)
        assert found.share >= share - 1e-9
        assert best - 1e-12 <= found.linear_error <= best + 0.02 * np.trace(S)


@given(st.integers(2, 5), st.integers(2, 6), strategies.seeds(), st.floats(0, 1), st.data())
def test_every_design_is_certified_and_describes_its_own_weight(classes, d, seed, part, data):
    model = random_model(seed, classes, d)
    r = data.draw(st.integers(1, d))
    most = np.sort(np.linalg.eigvals(np.linalg.solve(model.total, model.between)).real)[::-1]
    share = part * min(1.0, most[:r].sum() / most.sum())
    found = design_filter(model, r, share, attacker="linear", samples=2)
    place = position(model.total, found.weight)
    assert place.rank == found.rank == r
    assert found.share >= share - 1e-9
    assert found.share == pytest.approx(kept_share(model, found.weight), abs=1e-7)
    assert found.linear_error == pytest.approx(place.total, rel=1e-7, abs=1e-7)
    assert found.gap <= 1e-7 * np.trace(model.total)
    given_label = position(model.within, found.weight).total
    assert found.error_given_label == pytest.approx(given_label, rel=1e-6, abs=1e-7)
    assert found.error_given_label <= found.linear_error + 1e-9
    # No filter near it, nor any other tried, keeps as much and leaks less.
    source = np.random.default_rng(seed)
    for scale in (1e-2, 1.0, 100.0):
        other = found.weight + scale * source.standard_normal(found.weight.shape)
        if kept_share(model, other) >= found.share:
            assert position(model.total, other).total <= found.linear_error + found.gap + 1e-7


def mixture_errors(model, filters):
    """The IIE of y = w x for each w under the class mixture, by the trapezoidal rule over y."""
    errors = []
    for w in filters:
        spread = np.sqrt(w @ model.within @ w)
        gain, centres = model.within @ w / spread, model.means @ w / spread
        y = np.linspace(centres.min() - 9, centres.max() + 9, 1501)
        joint = model.priors[:, None] * scipy.stats.norm.pdf(y - centres[:, None])
        shares = joint / joint.sum(axis=0)
        guess = model.means[:, :, None] + gain[:, None] * (y - centres[:, None])[:, None]
        average = np.einsum("ky,kdy->dy", shares, guess)
        about = np.einsum("ky,kdy->y", shares, (guess - average) ** 2)
        given_label = np.trace(model.within) - gain @ gain
        errors.append(given_label + np.trapezoid(joint.sum(axis=0) * about, y))
    return np.array(errors)


ANGLES = np.linspace(0, np.pi, 1001)
PLANE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


@pytest.mark.parametrize("seed", range(6))
def test_no_direction_of_the_plane_leaves_the_ideal_attacker_more(seed):
    source = np.random.default_rng(seed + 6)
    root, classes = source.standard_normal((2, 2)), 2 + seed % 3
    means = (1 + (seed + 2) % 4) * source.standard_normal((classes, 2))
    model = lda_model(means, root @ root.T / 2 + 0.1 * np.eye(2))
    S = model.total
    kept = np.sum(PLANE @ model.between * PLANE, axis=1) / np.sum(PLANE @ S * PLANE, axis=1)
    kept /= np.trace(np.linalg.solve(S, model.between))
    errors = mixture_errors(model, PLANE)
    for share in np.linspace(0, kept.max() * (1 - 1e-6), 5):
        found = design_filter(model, 1, share, rng=seed)
        true = mixture_errors(model, found.weight)[0]
        assert found.share >= share - 1e-9
        # The draws that are climbed are 2,000: half a percent of the variance.
        assert true >= errors[kept >= share].max() - 5e-3 * np.trace(S)
        sem = found.ideal.standard_error or 0.0
        assert abs(found.ideal.total - true) <= 5 * sem + 1e-6 * np.trace(S)
        assert found.error_given_label <= true <= found.linear_error + 1e-6 * np.trace(S)


def test_the_ideal_attackers_design_is_not_the_linear_ones():
    # Two classes, thin where they differ. The linear attacker knows the variance of both together;
    # the ideal one names the class from a little of it, and has what lies between the means too.
    root = np.random.default_rng(9)
    factor = root.standard_normal((2, 2))
    model = lda_model(2 * root.standard_normal((2, 2)), factor @ factor.T / 2 + 0.1 * np.eye(2))
    linear, ideal = (design_filter(model, 1, attacker=name) for name in ("linear", "ideal"))
    assert (linear.share, ideal.share) == pytest.approx((1, 1))
    linear, ideal = (design_filter(model, 1, 0.0, attacker=name) for name in ("linear", "ideal"))
    gained = mixture_errors(model, ideal.weight) - mixture_errors(model, linear.weight)
    assert gained[0] > 0.15 * np.trace(model.total)
    assert ideal.linear_error < linear.linear_error
    assert (ideal.gap, ideal.attacker) == (None, "ideal")
    assert linear.gap == 0


@given(st.integers(2, 5), st.integers(2, 5), strategies.seeds(), st.data())
def test_slopes_of_error_and_share_are_finite_differences(classes, d, seed, data):
    model = random_model(seed, classes, d)
    problem = IdealDesign(model, np.random.default_rng(seed))
    source = np.random.default_rng(seed)
    V = strategies.orthogonal(d, source)[:, : data.draw(st.integers(1, d))]
    step = source.standard_normal(V.shape)
    step -= V @ (V.T @ step)
    up, down = (np.linalg.qr(V + t * step).Q for t in (1e-5, -1e-5))
    for value in (problem._error, problem._share):
        slope = np.sum(value(V)[1] * step)
        assert slope == pytest.approx((value(up)[0] - value(down)[0]) / 2e-5, abs=1e-6)


def test_a_design_in_many_dimensions_keeps_its_share_and_beats_the_linear_one():
    model = random_model(11, 4, 8, [0.4, 0.3, 0.2, 0.1])
    for share in (0.3, 0.7):
        linear, ideal = (
            design_filter(model, 2, share, attacker=name, samples=40_000)
            for name in ("linear", "ideal")
        )
        assert ideal.share >= share - 1e-9
        assert ideal.share == pytest.approx(kept_share(model, ideal.weight), abs=1e-9)
        sem = np.hypot(ideal.ideal.standard_error, linear.ideal.standard_error)
        assert ideal.ideal.total >= linear.ideal.total - 5 * sem
        law = iie.GaussianMixture(model.priors, model.means, [model.within] * 4)
        attack = iie.ideal_attacker(law, ideal.weight)
        run = iie.attack_error(attack, law, ideal.weight, samples=40_000, rng=3)
        off = np.hypot(run.sem, ideal.ideal.standard_error)
        assert abs(run.mean - ideal.ideal.total) <= 5 * off


def test_a_share_inside_a_jump_is_reached_by_a_mixture_of_equally_good_directions():
    # S = diag(2, 1), S_b = diag(1, 0): one direction, and all of them maximise the same sum.
    model = lda_model([[-1.0, 0.0], [1.0, 0.0]], np.eye(2))
    for share in (0.25, 0.5, 0.75):
        found = design_filter(model, 1, share, attacker="linear", samples=2)
        assert found.share == pytest.approx(share, abs=1e-9)
        # By hand: P at angle t leaks 2 cos^2 t + sin^2 t and keeps cos^2 t.
        assert found.linear_error == pytest.approx(3 - (1 + share), abs=1e-9)
        assert found.gap <= 1e-9


@given(st.integers(2, 5), strategies.seeds(), st.data())
def test_all_signal_needs_the_discriminants_and_every_further_rank_leaks_least(classes, seed, data):
    model = random_model(seed, classes, 6)
    q = sufficient_rank(model)
    assert q == classes - 1
    r = data.draw(st.integers(q, 6))
    found = design_filter(model, r, attacker="linear", samples=2)
    discriminants = np.linalg.solve(model.within, model.centred[:-1].T).T
    assert np.linalg.matrix_rank(np.vstack([found.weight, discriminants]), tol=1e-7) == r
    alone = position(model.total, discriminants).total
    # What is left beside the discriminants has this spectrum; the extra rows take its smallest.
    code = discriminants @ model.total
    left = model.total - code.T @ np.linalg.solve(code @ discriminants.T, code)
    spectrum = np.linalg.eigvalsh(left)[q:]
    assert found.linear_error == pytest.approx(alone - spectrum[: r - q].sum(), abs=1e-8)
    assert found.linear_error == pytest.approx(least_leaking(spectrum)[r - q], abs=1e-8)


def test_sufficient_filters_keep_the_accuracy_of_the_whole_input():
    for classes, priors in [(2, [0.3, 0.7]), (4, None)]:
        model = random_model(3, classes, 5, priors)
        whole = bayes_accuracy(model, np.eye(5), rng=rng(), samples=40_000)
        found = design_filter(model, classes - 1, rng=rng(), samples=40_000).accuracy
        error = np.hypot(whole.standard_error or 0, found.standard_error or 0)
        assert abs(whole.value - found.value) <= 1e-12 + 5 * error
        assert error < 0.005


@pytest.mark.parametrize("priors", [[0.5, 0.5], [0.1, 0.9], [0.25, 0.5, 0.25], [0.8, 0.1, 0.1]])
def test_accuracy_on_a_line_is_the_integral_of_the_largest_density(priors):
    centres = np.array([0.0, 1.5, 2.0])[: len(priors)]
    model = lda_model(centres[:, None], [[1.0]], priors)

    def largest(z):
        return np.max(priors * scipy.stats.norm.pdf(z - centres))

    expected = scipy.integrate.quad(largest, -12, 14, limit=500, points=[-2, 0, 1, 2, 4])[0]
    result = bayes_accuracy(model, [[3.0]], rng=rng())
    assert (result.kind, result.standard_error, result.samples) == ("exact", None, 0)
    assert result.value == pytest.approx(expected, abs=1e-8)


def test_accuracy_in_the_plane_is_the_integral_of_the_largest_density_within_its_error():
    centres = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.5]])
    priors = np.array([0.5, 0.3, 0.2])
    axis = np.linspace(-8, 10, 1801)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    densities = [
        p * np.exp(-np.sum((grid - m) ** 2, axis=-1) / 2) / (2 * np.pi)
        for p, m in zip(priors, centres, strict=True)
    ]
    expected = np.max(densities, axis=0).sum() * 0.01**2
    model = lda_model(centres, np.eye(2), priors)
    result = bayes_accuracy(model, np.eye(2), rng=rng(), samples=100_000)
    assert result.kind == "estimate"
    assert 0 < result.standard_error < 1e-3
    assert abs(result.value - expected) <= 5 * result.standard_error


@given(st.integers(2, 4), st.integers(1, 4), strategies.seeds())
def test_held_out_accuracy_is_that_of_the_densities_of_what_is_released(classes, rows, seed):
    source = np.random.default_rng(seed)
    model = random_model(seed, classes, 4, source.dirichlet(5 * np.ones(classes)))
    W, x = source.standard_normal((rows, 4)), 2 * source.standard_normal((60, 4)) + model.means[0]
    labels = source.integers(0, classes, 60)
    spread = W @ model.within @ W.T
    logs = [
        np.log(p) + scipy.stats.multivariate_normal.logpdf(x @ W.T, W @ m, spread)
        for p, m in zip(model.priors, model.means, strict=True)
    ]
    right = np.mean(np.argmax(logs, axis=0) == labels)
    result = held_out_accuracy(model, W, x, labels)
    assert result.value == pytest.approx(right)
    assert (result.kind, result.samples) == ("estimate", 60)


def test_held_out_accuracy_of_all_right_is_not_certain():
    model = lda_model([[-9.0], [9.0]], [[1.0]])
    result = held_out_accuracy(model, [[1.0]], [[-9.0], [9.0]] * 8, [0, 1] * 8)
    assert result.value == 1
    assert result.standard_error == pytest.approx(np.sqrt(0.9 * 0.1 / 20))  # 18 of 20
    with pytest.raises(ValueError, match="`labels` must be 2 classes below 2"):
        held_out_accuracy(model, [[1.0]], [[-9.0], [9.0]], [0, 2])


def test_a_filter_that_sees_no_difference_is_as_accurate_as_the_commonest_class():
    model = lda_model([[-1.0, 0.0], [1.0, 0.0]], np.eye(2), [1.0, 3.0])
    assert bayes_accuracy(model, [[0.0, 1.0]], rng=rng()).value == 0.75
    assert bayes_accuracy(model, np.zeros((0, 2)), rng=rng()).value == 0.75
    coinciding = lda_model([[1.0], [1.0], [1.0]], [[1.0]], [1.0, 2.0, 2.0])
    assert bayes_accuracy(coinciding, [[1.0]], rng=rng()).value == 0.4
    assert sufficient_rank(coinciding) == 0


def test_two_classes_at_one_place_count_once():
    model = lda_model([[0.0], [0.0], [4.0]], [[1.0]])
    expected = 2 * scipy.stats.norm.cdf(2) / 3
    assert bayes_accuracy(model, [[1.0]], rng=rng()).value == pytest.approx(expected, rel=1e-12)


def test_along_the_trade_off_more_signal_costs_more_and_the_price_rises():
    model = random_model(7, 4, 8)
    designs = trade_off(model, 3, attacker="linear", samples=20_000)
    shares, errors = ([getattr(d, name) for d in designs] for name in ("share", "linear_error"))
    assert shares[-1] == pytest.approx(1.0)
    assert errors[0] == pytest.approx(least_leaking(np.linalg.eigvalsh(model.total))[3])
    assert np.all(np.diff(shares) > 0)
    assert np.all(np.diff(errors) < 0)
    assert np.all(np.diff(errors, 2) < 1e-9)  # equal steps of the share: a concave front
    assert designs[-1].accuracy.value > designs[0].accuracy.value
    asked = trade_off(model, 3, shares=[0.5], attacker="linear", samples=2)
    assert asked[0].share == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: design_filter(m, 1, attacker="best"), "`attacker` must be one of ideal, linear"),
        (lambda m: design_filter(m, 1, rng="seed"), "`rng` must be a numpy.random.Generator, or a"),
        (lambda m: design_filter(m, 0, rng=rng()), r"`rank` must be an integer in 1\.\.3"),
        (lambda m: design_filter(m, 4, rng=rng()), r"`rank` must be an integer in 1\.\.3"),
        (lambda m: design_filter(m, 1, 1.5, rng=rng()), r"`share` must be in \[0, 1\]"),
        (
            lambda m: design_filter(m, 1, rng=rng()),
            "`share` must be at most .* needs rank 2",
        ),
        (lambda m: trade_off(m, 1, shares=[np.nan], rng=rng()), "`shares` must be finite"),
        (lambda m: bayes_accuracy(m, np.eye(2), rng=rng()), "`weight` must have 3 columns"),
        (lambda m: bayes_accuracy(m, np.eye(3), rng=rng(), samples=1), "`samples` must be"),
        (lambda m: lda_model(m.means, np.eye(2)), "`means` must be one row of length 2 a class"),
        (lambda m: lda_model(m.means, np.zeros((3, 3))), "`within` must be positive definite"),
        (lambda m: lda_model(m.means, np.eye(3), [1, 1]), "`priors` must be 3 positive numbers"),
        (lambda m: lda_model(m.means, np.eye(3), [1, 1, 0]), "`priors` must be 3 positive numbers"),
        (
            lambda m: design_filter(lda_model(np.ones((2, 3)), np.eye(3)), 1, rng=rng()),
            "`means` must differ between classes",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_model(0, 3, 3))
