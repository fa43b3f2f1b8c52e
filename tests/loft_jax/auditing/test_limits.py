"""The rule of decision: what is below, above or undecided, and the exit code of it."""

import math

import pytest

from loft_jax.auditing.limits import Limit, Span, exit_code, limit_named, share_found
from loft_jax.auditing.units import finite, psnr
from loft_jax.errors import InputError


@pytest.mark.parametrize(
    "text", ["psnr", "psnr:", "psnr:x", "psnr:nan", "psnr:-1", "relative:1.5", "ssim:0.5", "0.5"]
)
def test_what_is_no_limit_is_refused(text):
    with pytest.raises(InputError, match=f"`--limit` must be psnr:DECIBELS.*got {text}"):
        limit_named(text)


@pytest.mark.parametrize(
    ("text", "spans", "said"),
    [
        ("psnr:18", [Span(12, 17)], "below"),
        ("psnr:18", [Span(12, 18)], "undecided"),  # 18 dB are not excluded
        ("psnr:18", [Span(12, math.inf)], "undecided"),
        ("psnr:18", [Span(19, math.inf)], "above"),
        ("psnr:18", [Span(12, 17), Span(13, 20)], "undecided"),  # every release must be below
        ("psnr:18", [Span(12, math.inf), Span(19, 25)], "above"),
        ("relative:0.5", [Span(0.1, 0.5)], "below"),  # half stays unknown
        ("relative:0.5", [Span(0.1, 0.6)], "undecided"),
        ("relative:0.5", [Span(0.6, 1.0)], "above"),
        ("retrieval:0.1", [Span(0.0, 0.05)], "below"),
        ("retrieval:0.1", [Span(0.2, 0.4)], "above"),
        ("retrieval:0.1", [Span(0.0, 0.2)], "undecided"),
        ("retrieval:0.1", [None], "undecided"),
        ("verified:0.1", [Span(0.2, 0.4)], "above"),
        ("psnr:18", [], "undecided"),
    ],
)
def test_a_limit_is_kept_exceeded_or_open(text, spans, said):
    assert limit_named(text).verdict(spans) == said


def test_the_worst_of_several_limits_decides_the_exit_code():
    assert exit_code([]) == exit_code(["below", "below"]) == 0
    assert exit_code(["below", "undecided"]) == 3
    assert exit_code(["undecided", "above", "below"]) == 1


def test_a_limit_is_named_as_it_was_asked_for():
    assert limit_named("psnr:18.5") == Limit("psnr", 18.5)
    assert Limit("relative", 0.5).label == "relative:0.5"


def test_decibels_of_a_mean_squared_error():
    assert psnr(1.0) == 0
    assert psnr(0.01) == pytest.approx(20)
    # Halving the error is 10 log10 2 dB.
    assert psnr(0.005) - psnr(0.01) == pytest.approx(3.0103, abs=1e-4)
    assert psnr(0.0) == math.inf
    assert finite(math.inf) is None
    assert finite(20.0) == 20


MEASURES = {
    "retrieval_at_1": [0.2, 0.1, 0.3],
    "independent_verification": [0.0, 0.0, 0.09],
    "independent_real_verification": [0.72, 0.6, 0.8],
}


def test_each_limit_on_people_goes_by_its_own_judge():
    assert share_found(MEASURES, "retrieval") == [0.2, 0.1, 0.3]
    assert share_found(MEASURES, "verified") == [0.0, 0.0, 0.09]


@pytest.mark.parametrize("real", [[0.49, 0.3, 0.6], [None, None, None], None])
def test_a_judge_that_knows_few_real_pictures_clears_nobody(real):
    known = {**MEASURES, "independent_real_verification": real}
    assert share_found({k: v for k, v in known.items() if v}, "verified") is None


def test_what_was_not_measured_is_not_known():
    assert share_found({}, "retrieval") is None
    assert share_found({}, "verified") is None
