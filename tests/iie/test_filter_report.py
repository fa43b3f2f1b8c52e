"""A report on features against least squares, simulation and the definition of its terms."""

import json
import math

import numpy as np
import pytest

from iie.filters.curves import random_filter
from iie.filters.report import filter_report

RNG = np.random.default_rng


def features(n=400, d=8, seed=0):
    rng = RNG(seed)
    return rng.standard_normal((n, d)) * np.arange(1, d + 1) ** -0.8 + rng.standard_normal(d)


def test_without_shrinkage_the_error_is_the_residual_of_least_squares():
    z, W = RNG(1).exponential(size=(50, 6)), RNG(2).standard_normal((2, 6))
    design = np.column_stack([np.ones(50), z @ W.T])
    residual = z - design @ np.linalg.lstsq(design, z)[0]
    report = filter_report(z, W, shrinkage=0)
    assert report.error == pytest.approx(np.sum(residual**2) / 50, rel=1e-10)
    assert report.relative == pytest.approx(np.sum(residual**2) / np.sum((z - z.mean(0)) ** 2))
    assert (report.samples, report.dim, report.outputs, report.rank) == (50, 6, 2, 2)


def test_gaussian_features_reach_the_error_of_their_law():
    scales, W = np.arange(1, 9) ** -0.8, RNG(3).standard_normal((3, 8))
    S = np.diag(scales**2)
    exact = 1 - np.trace(S @ W.T @ np.linalg.solve(W @ S @ W.T, W @ S)) / np.trace(S)
    reports = [filter_report(features(seed=s), W).relative for s in range(20)]
    sem = np.std(reports, ddof=1) / math.sqrt(20)
    # In-sample least squares is low by about rank / n, shrinkage is high: both below 1 %.
    assert abs(np.mean(reports) - exact) <= 0.01 + 5 * sem
    assert sem < 0.01


def test_the_place_is_between_the_extremes_and_reached_by_them():
    z = features()
    S = np.cov(z.T, bias=True)
    spectrum, axes = np.linalg.eigh(S)
    spectrum, variance = spectrum[::-1], np.trace(S)
    top = filter_report(z, axes[:, -3:].T, shrinkage=0)
    bottom = filter_report(z, axes[:, :3].T, shrinkage=0)
    middle = filter_report(z, RNG(0).standard_normal((3, 8)), shrinkage=0)
    assert top.position == pytest.approx(0, abs=1e-10)
    assert bottom.position == pytest.approx(1, abs=1e-10)
    assert 0 < middle.position < 1
    assert middle.most_leaking == pytest.approx(spectrum[3:].sum() / variance)
    assert middle.least_leaking == pytest.approx(spectrum[:-3].sum() / variance)
    assert middle.random == pytest.approx(random_filter(spectrum, [3])[0] / variance)
    span = middle.least_leaking - middle.most_leaking
    assert middle.random_position == pytest.approx((middle.random - middle.most_leaking) / span)


def test_bits_are_those_of_the_stated_noise():
    z, W = features(), RNG(4).standard_normal((3, 8))
    code = np.cov((z @ W.T).T, bias=True)
    for noise in (1e-3, 0.5):
        N = noise * np.trace(code) / 3
        expected = np.linalg.slogdet(np.eye(3) + code / N)[1] / (2 * math.log(2))
        report = filter_report(z, W, shrinkage=0, noise_share=noise)
        assert report.noise_share == noise
        assert report.bits == pytest.approx(expected, rel=1e-10)


def test_effective_ranks_are_those_of_the_centred_code_and_features():
    z, W = features(), RNG(5).standard_normal((4, 8))
    report = filter_report(z, W, shrinkage=0)
    for values, expected in [
        (np.linalg.svd((z - z.mean(0)) @ W.T, compute_uv=False), report.effective_rank),
        (np.linalg.svd(z - z.mean(0), compute_uv=False), report.feature_effective_rank),
    ]:
        shares = values / values.sum()
        assert expected == pytest.approx(np.exp(-np.sum(shares * np.log(shares))), rel=1e-9)


def test_fewer_samples_than_features_are_shrunk_and_stay_between_the_bounds():
    z = features(n=12, d=30)
    report = filter_report(z, RNG(6).standard_normal((5, 30)))
    assert 0 < report.shrinkage <= 1
    assert report.most_leaking <= report.relative <= report.least_leaking
    unshrunk = filter_report(z, RNG(6).standard_normal((15, 30)), shrinkage=0)
    assert unshrunk.rank == 11  # n - 1 directions vary, and the code fixes them all
    assert unshrunk.relative == pytest.approx(0, abs=1e-12)
    assert unshrunk.position is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_dependent_rows_do_not_count(dtype):
    z, row = features().astype(np.float32), np.array([[1, 2, 0, 0, 1, 0, 0, 1]])
    one = filter_report(z, row.astype(dtype))
    two = filter_report(z, np.vstack([row, 3 * row]).astype(dtype))
    assert (one.rank, two.rank, two.outputs) == (1, 1, 2)
    assert two.relative == pytest.approx(one.relative, rel=1e-9)


@pytest.mark.parametrize("W", [np.zeros((2, 3)), np.zeros((0, 3))])
def test_a_filter_that_sees_nothing_tells_nothing(W):
    report = filter_report(features(d=3), W)
    assert (report.rank, report.relative, report.bits) == (0, 1.0, 0.0)
    assert (report.effective_rank, report.position) == (0.0, None)


def test_features_that_do_not_vary_hold_nothing_to_recover():
    report = filter_report(np.ones((4, 3)), np.eye(3), shrinkage=0)
    assert (report.relative, report.variance, report.rank, report.bits) == (0.0, 0.0, 0, 0.0)


def test_the_report_is_plain_json_with_its_assumptions():
    content = json.loads(json.dumps(filter_report(features(), np.eye(8)[:2]).to_dict()))
    assert content["rank"] == 2
    assert any("best linear" in line for line in content["assumptions"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda z: filter_report(z, np.eye(3)), "`weight` must have 8 columns"),
        (lambda z: filter_report(z[:1], np.eye(8)), "must have at least 2 rows"),
        (lambda z: filter_report(z * np.nan, np.eye(8)), "`features` must be finite"),
        (lambda z: filter_report(z[0], np.eye(8)), r"`features` must have 2 dimension\(s\)"),
        (lambda z: filter_report(z, np.eye(8), noise_share=0), "`noise_share` must be positive"),
        (lambda z: filter_report(z, np.eye(8), shrinkage="oas"), "`shrinkage` must be"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call(features())
