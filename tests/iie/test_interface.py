"""The package as a whole: its names, units, results, seeds and what it calls a covariance."""

import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import iie
import loft_jax
from iie.records import Record

ROOT = Path(__file__).parents[2]
MODULES = [found.name for found in pkgutil.walk_packages(iie.__path__, "iie.")]
S, W = np.diag([4.0, 2.0, 1.0]), np.array([[1.0, 0.5, 0.0]])
MIXTURE = iie.GaussianMixture([0.5, 0.5], [[-1.0, 0, 0], [1.0, 0, 0]], [S, S])
LINE = iie.Gaussian([[1.0]])
CLASSES = iie.lda_model([[-1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 2.0, 0.0]], S)
FAR = np.random.default_rng(1).standard_normal((60, 1))
FEATURES = np.random.default_rng(0).standard_normal((30, 3))

RESULTS = {
    "InversionError": lambda: iie.ideal_inversion_error(S, W),
    "ErrorLaw": lambda: iie.ideal_error_law(S, W),
    "CodeError": lambda: iie.code_error(iie.prior_nodes(LINE), lambda x: x, 1.0),
    "Nodes": lambda: iie.prior_nodes(LINE, 31),
    "RankCurve": lambda: iie.rank_curve(S, W),
    "Position": lambda: iie.position(S, W),
    "PartErrors": lambda: iie.part_errors(S, W),
    "RandomFilters": lambda: iie.simulated_random_filters([2.0, 1.0], [1], draws=3),
    "FilterReport": lambda: iie.filter_report(FEATURES, W),
    "LinearDiscriminantModel": lambda: iie.lda_model([[0.0], [1.0]], [[1.0]]),
    "FilterDesign": lambda: iie.design_filter(CLASSES, 1, attacker="linear", share=0.5, samples=9),
    "Accuracy": lambda: iie.bayes_accuracy(CLASSES, np.eye(3), samples=9),
    "InversionErrors": lambda: iie.inversion_errors(S, [W, 2 * W]),
    "RationalError": lambda: iie.rational_inversion_error(S, W),
    "Bound": lambda: iie.bits_bound(S, 1.0),
    "BoundTable": lambda: iie.lower_bound(S, bits=1.0),
    "InformationLimit": lambda: iie.information_upper_bound(FAR, 1.0),
    "RateBound": lambda: iie.label_bound([4.0, 1.0], 2),
    "AffineAttacker": lambda: iie.ideal_attacker(S, W),
    "Estimate": lambda: iie.attack_error(iie.ideal_attacker(S, W), S, W, samples=9, rng=0),
    "Case": lambda: iie.theorem_1_cases(0)[2],
    "Agreement": lambda: iie.compare(iie.theorem_1_cases(0)[2], samples=9, rng=0),
}
PRINTED = ("Gaussian", "StudentT", "GaussianMixture", "Linear", "Quantised", "PostProcessed")


def test_every_public_name_is_in_the_table_of_contents_and_nothing_else_is():
    listed = set(re.findall(r"\w+", iie.__doc__))
    assert [name for name in iie.__all__ if name not in listed] == []
    assert all(hasattr(iie, name) for name in iie.__all__)
    table = iie.__doc__.split("What is believed of the input")[1].split("Pictures are in")[0]
    entries = re.findall(r"^    (\w+(?:, \w+)*)", table, re.MULTILINE)
    named = {name for entry in entries for name in entry.split(", ")}
    assert named <= set(iie.__all__)
    assert sorted(iie.__all__) == iie.__all__


def test_no_public_name_hides_a_module():
    modules = {part for name in MODULES for part in name.split(".")}
    assert modules & {*iie.__all__} == {"formula"}
    assert iie.formula is importlib.import_module("iie.formula")  # the module itself, no function


def test_the_version_stands_in_one_place_and_the_types_are_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": "iie/__init__.py"}
    assert loft_jax.__version__ == iie.__version__
    assert f"version: {iie.__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert (ROOT / "iie" / "py.typed").is_file()


def public_functions():
    for name in iie.__all__:
        value = getattr(iie, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value


def test_a_noise_says_its_unit():
    units = {
        "noise": "varianc",
        "noise_std": "standard deviation",
        "noise_share": "variance of the",
    }
    seen = set()
    for name, value in public_functions():
        for parameter in inspect.signature(value).parameters:
            if "noise" in parameter and name not in RESULTS:
                seen.add(parameter)
                text = inspect.getdoc(value).split(f"    {parameter}: ")[1].split("\n\n")[0]
                assert units[parameter] in text
    assert seen == set(units)


def test_information_is_in_bits_unless_a_name_says_nats():
    for _, value in public_functions():
        assert not any("nats" in p for p in inspect.signature(value).parameters)
    assert iie.distortion([4.0], 1.0) == pytest.approx(1.0)  # one bit halves the deviation
    assert iie.rate([4.0], 1.0) == pytest.approx(1.0)


def test_every_result_class_is_a_record():
    for name, value in public_functions():
        if dataclasses.is_dataclass(value) and name not in (*PRINTED, "LabelOnly"):
            assert issubclass(value, Record), name
            assert name in RESULTS, name


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_is_plain_json_equal_to_its_like_and_readable(name):
    one, other = RESULTS[name](), RESULTS[name]()
    assert type(one).__name__ == name
    assert one == other
    assert hash(one) == hash(other)
    assert one != RESULTS["Estimate" if name != "Estimate" else "Case"]()
    assert (one == 3) is False
    plain = json.loads(one.to_json())
    assert json.loads(json.dumps(one.to_dict())) == plain
    assert list(plain) == [field.name for field in dataclasses.fields(one)]
    assert "\n" not in repr(one)
    assert len(repr(one)) < 500
    assert repr(one).startswith(f"{name}(")
    assert len(str(one).splitlines()) > len(plain)
    assert "object at 0x" not in repr(one) + str(one)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Sample(Record):
    """One of everything."""

    number: float
    array: np.ndarray
    inner: tuple


class Other(Sample):
    """The same fields under another name."""


def sample(**changes):
    known = {"number": 0.5, "array": np.arange(3.0), "inner": (1, Fraction(1, 3), np.float64(2))}
    return Sample(**{**known, **changes})


def test_a_record_differs_where_a_field_does():
    assert sample() == sample()
    assert sample(number=np.nan) == sample(number=np.nan)
    assert sample(array=np.array([1.0, np.nan])) == sample(array=np.array([1.0, np.nan]))
    assert sample() != sample(number=0.25)
    assert sample() != sample(array=np.arange(4.0))
    assert sample() != sample(array=np.array([0.0, 1.0, 9.0]))
    assert sample() != sample(array=None)
    assert sample() != sample(inner=(1, Fraction(2, 3), np.float64(2)))
    assert sample() != sample(inner=(1,))
    assert sample() != Other(0.5, np.arange(3.0), (1, Fraction(1, 3), np.float64(2)))


def test_a_record_as_json_has_fractions_as_text_and_no_infinity():
    made = sample(number=np.inf, array=np.array([np.nan, 1.0]), inner=(Fraction(1, 3), sample()))
    assert made.to_dict()["number"] == np.inf
    plain = json.loads(made.to_json(indent=None))
    assert plain["number"] is None
    assert plain["array"] == [None, 1.0]
    assert plain["inner"][0] == "1/3"
    assert plain["inner"][1]["inner"] == [1, "1/3", 2.0]


def test_what_is_long_is_left_out_of_one_line_and_written_out_when_printed():
    made = sample(array=np.zeros((30, 2)), inner=("first sentence. " * 9, "second"))
    assert repr(made) == "Sample(number=0.5, array=array of 30 x 2)"
    lines = str(made).splitlines()
    assert lines[0] == "Sample"
    assert lines[1] == "  number  0.5"
    assert lines[2] == "  array   array of 30 x 2"
    assert lines[-1] == "          second"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (iie.Gaussian(S), "Gaussian(covariance=DenseCovariance(d=3, trace=7), mean=array of 3)"),
        (iie.IsotropicCovariance(2.0, 5), "IsotropicCovariance(d=5, trace=10)"),
        (iie.KroneckerCovariance([S, S]), "KroneckerCovariance(d=9, trace=49)"),
        (iie.empirical_covariance([[0.0], [2.0]]), "EmpiricalCovariance(d=1, trace=1)"),
        (iie.LabelOnly(3), "LabelOnly(classes=3)"),
    ],
)
def test_laws_covariances_and_releases_are_one_readable_line(value, text):
    assert repr(value) == text


SEEDED = {
    "mixture": lambda rng: iie.ideal_inversion_error(MIXTURE, W, samples=9, rng=rng).total,
    "accuracy": lambda rng: iie.bayes_accuracy(CLASSES, np.eye(3), samples=9, rng=rng).value,
    "design": lambda rng: iie.design_filter(CLASSES, 1, 0.5, samples=9, rng=rng).ideal.total,
    "trade-off": lambda rng: iie.trade_off(CLASSES, 1, [0.5], samples=9, rng=rng)[0].ideal.total,
    "random filters": lambda rng: iie.simulated_random_filters([2.0, 1], [1], rng=rng).mean[0],
    "simulation": lambda rng: (
        iie.attack_error(iie.ideal_attacker(S, W), S, W, samples=9, rng=rng).mean
    ),
    "comparison": lambda rng: (
        iie.compare(iie.theorem_1_cases(1)[2], samples=9, rng=rng).simulated.mean
    ),
    "cases": lambda rng: iie.theorem_1_cases(rng)[3].weight.sum() + 0.5,
    "release": lambda rng: iie.Linear(W, noise=1.0)(np.ones((1, 3)), rng)[0, 0],
    "posterior": lambda rng: iie.posterior_sampler(S, W)(np.ones((1, 1)), rng)[0, 0],
    "mixture's posterior": lambda rng: iie.posterior_sampler(MIXTURE, W)(np.ones((1, 1)), rng)[
        0, 0
    ],
    "simulated code": lambda rng: (
        iie.code_error(
            iie.prior_nodes(LINE), lambda x: np.cos(x * np.arange(1, 6)), 0.5, samples=9, rng=rng
        ).error.total
    ),
    "Gaussian": lambda rng: iie.Gaussian(S).sample(2, rng)[0, 0],
    "Student": lambda rng: iie.StudentT(S, 5).sample(2, rng)[0, 0],
    "mixture law": lambda rng: MIXTURE.labelled(2, rng)[0][0, 0],
    "covariance": lambda rng: iie.DenseCovariance(S).sample(2, rng)[0, 0],
    "diagonal": lambda rng: iie.DiagonalCovariance([1.0, 2.0]).sample(2, rng)[0, 0],
}


@pytest.mark.parametrize("name", SEEDED)
def test_every_rng_takes_a_seed(name):
    seeded = SEEDED[name](7)
    assert seeded == SEEDED[name](np.random.default_rng(7))
    assert seeded != SEEDED[name](8) or name == "cases"
    with pytest.raises(ValueError, match=r"`rng` must be a numpy\.random\.Generator, or a"):
        SEEDED[name](-1)


def cubed(x):
    return x**3


# These are given samples, which default_rng(seed) may have drawn: a seed's stream is its child's.
OF_SAMPLES = {
    "information_upper_bound": lambda rng: iie.information_upper_bound(FAR, 1.0, rng=rng).bits,
    "information_bound": lambda rng: iie.information_bound([[1.0]], FAR, 1.0, rng=rng).total,
    "upper_bound": lambda rng: iie.upper_bound(FAR, FAR, noise=1.0, rng=rng).best.total,
    "lower_bound": lambda rng: (
        iie.lower_bound([[1.0]], releases=FAR, noise=1.0, rng=rng).best.total
    ),
    "van_trees_bound": lambda rng: (
        iie.van_trees_bound([[1.0]], 3 * FAR[:, :, None] ** 2, 1.0, samples=FAR, rng=rng).total
    ),
    "weiss_weinstein_bound": lambda rng: (
        iie.weiss_weinstein_bound([[1.0]], cubed, 1.0, samples=FAR, rng=rng).total
    ),
}


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_a_function_that_is_given_samples_has_a_stream_of_its_own(name):
    call = OF_SAMPLES[name]
    (child,) = np.random.default_rng(7).spawn(1)
    assert call(7) == call(7) == call(child)
    assert call(None) == call(0)
    assert len({call(7), call(8), call(np.random.default_rng(7))}) == 3
    with pytest.raises(ValueError, match=r"`rng` must be a numpy\.random\.Generator, or a"):
        call(-1)


def test_every_public_function_with_an_rng_is_in_the_tables_above():
    takes = {
        name for name, value in public_functions() if "rng" in inspect.signature(value).parameters
    }
    assert takes == {
        "attack_error",
        "bayes_accuracy",
        "code_error",
        "compare",
        "design_filter",
        "ideal_inversion_error",
        "simulated_random_filters",
        "theorem_1_cases",
        "trade_off",
        *OF_SAMPLES,
    }


TAKE_A_COVARIANCE = {
    "rank_curve": lambda c: iie.rank_curve(c, W),
    "position": lambda c: iie.position(c, W),
    "truncated": lambda c: iie.truncated(c, W).tolist(),
    "part_errors": lambda c: iie.part_errors(c, W),
    "bits_released": lambda c: iie.bits_released(c, W, noise=1.0),
    "mmse": lambda c: iie.mmse(c, W, 2.0),
    "ideal_inversion_error": lambda c: iie.ideal_inversion_error(c, W),
    "ideal_error_law": lambda c: iie.ideal_error_law(c, W),
    "as_covariance": lambda c: iie.as_covariance(c).dense().tolist(),
}


@pytest.mark.parametrize("name", TAKE_A_COVARIANCE)
def test_a_gaussian_is_accepted_wherever_a_covariance_is(name):
    call = TAKE_A_COVARIANCE[name]
    assert call(S) == call(iie.Gaussian(S, mean=[1.0, 2.0, 3.0])) == call(iie.as_covariance(S))
    if name not in ("ideal_inversion_error", "ideal_error_law"):
        with pytest.raises(ValueError, match="must be a covariance or a Gaussian, got a Gaussian"):
            call(MIXTURE)


def test_every_module_can_be_imported_alone():
    for name in MODULES:
        if name != "iie.__main__":
            assert importlib.import_module(name).__doc__
