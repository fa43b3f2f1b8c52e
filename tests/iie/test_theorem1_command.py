"""python -m iie theorem1 tells agreement from disagreement, and refuses bad input in a sentence."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

import iie
from iie.__main__ import main
from iie.error import closed_form

FEW = ["theorem1", "--samples", "2000"]


def test_theory_and_simulation_agree_and_the_assumptions_are_printed(capsys):
    assert main(FEW) == 0
    printed = capsys.readouterr().out
    for words in (
        "A1:",
        "A2:",
        "A3:",
        "2410.05814",
        "proof text was not available",
        "All 11 cases",
    ):
        assert words in printed


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_a_wrong_mean_exits_1_and_is_named(monkeypatch, capsys, factor):
    true = closed_form.ideal_inversion_error

    def wrong(S, W):
        result = true(S, W)
        return dataclasses.replace(result, total=factor * result.total)

    monkeypatch.setattr(closed_form, "ideal_inversion_error", wrong)
    assert main(FEW) == 1
    printed = capsys.readouterr().out
    assert "DISAGREE beyond 5 standard errors" in printed
    assert "isotropic, s = 2 (rank 6)" in printed.partition("DISAGREE")[2]


def test_a_wrong_spread_exits_1(monkeypatch):
    true = closed_form.ideal_error_law

    def wrong(S, W):
        law = true(S, W)
        return closed_form.ErrorLaw(law.mean, 2 * law.variance, 4 * law.fourth_moment)

    monkeypatch.setattr(closed_form, "ideal_error_law", wrong)
    assert main(FEW) == 1


def test_an_attacker_that_is_not_ideal_exits_1(monkeypatch):
    monkeypatch.setattr("iie.agreement.ideal_attacker", lambda S, W: iie.pinv_attacker(W))
    assert main(FEW) == 1


def test_the_cases_cover_zero_full_and_deficient_ranks_and_singular_priors():
    cases = iie.theorem_1_cases(np.random.default_rng(0))
    facts = [
        (len(c.covariance), np.linalg.matrix_rank(c.covariance), *c.weight.shape[:1], rank)
        for c in cases
        for rank in [np.linalg.matrix_rank(iie.Linear(c.weight).rows(0, c.weight.shape[0]))]
    ]
    assert any(rank == 0 for *_, rank in facts)
    assert any(rank == d for d, *_, rank in facts)
    assert any(rank < rows for *_, rows, rank in facts if rank)
    assert any(prior < d for d, prior, *_ in facts)
    assert any(d == 1 for d, *_ in facts)
    kinds = {type(c.weight).__name__ for c in cases} | {str(c.weight.dtype) for c in cases}
    assert {"csr_array", "ArrayImpl", "float32"} <= kinds


def test_differences_are_counted_in_standard_errors():
    case = iie.Case("flat", np.eye(3), np.eye(3)[:1])
    run = iie.compare(case, samples=500, rng=np.random.default_rng(0))
    expected = (run.simulated.mean - 2) / run.simulated.sem
    assert run.mean_off == pytest.approx(expected, rel=1e-9)
    # Two unseen unit variances: the error is chi-squared with 2 degrees of freedom.
    assert run.exact_spread == pytest.approx(2.0)


def test_json_holds_the_table_and_the_assumptions(tmp_path):
    target = tmp_path / "theorem1.json"
    assert main([*FEW, "--seed", "3", "--json", str(target)]) == 0
    report = json.loads(target.read_text())
    assert (report["seed"], report["samples"], report["agree"]) == (3, 2000, True)
    assert len(report["assumptions"]) == 3
    isotropic = report["cases"][1]
    assert isotropic["closed_form"] == pytest.approx(4 * (16 - 6))
    assert abs(isotropic["monte_carlo"] - 40) <= 5 * isotropic["standard_error"]
    assert [path.name for path in tmp_path.iterdir()] == ["theorem1.json"]


def test_a_json_file_is_replaced_whole_or_left_alone(tmp_path, monkeypatch):
    target = tmp_path / "old.json"
    target.write_text("old")

    def full(self, *args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(SystemExit) as stop:
        main([*FEW, "--json", str(target)])
    assert stop.value.code == 2
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: command"),
        (["theorem2"], "invalid choice: 'theorem2'"),
        (["theorem1", "--bogus"], "unrecognized arguments: --bogus"),
        (["theorem1", "--samples", "1"], "`--samples` must be at least 2, got 1"),
        (["theorem1", "--samples", "many"], "invalid int value: 'many'"),
        (["theorem1", "--seed", "-1"], "`--seed` must be at least 0, got -1"),
        (
            ["theorem1", "--json", "/no/such/x.json"],
            "`--json` must be a file in an existing folder",
        ),
        (["theorem1", "--json", "/"], "`--json` must be a file in an existing folder, got /"),
        (["theorem1", "--quick", "--samples", "9"], "not allowed with argument"),
    ],
)
def test_bad_input_exits_2_with_one_sentence(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_the_command_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "iie", *FEW], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 11 cases agree within 5 standard errors, and 1e-10 for rationals." in done.stdout


def test_importing_the_theory_loads_neither_jax_nor_anything_slow():
    code = (
        "import sys, iie;"
        "slow = {'jax', 'flax', 'loft_jax', 'sklearn', 'matplotlib', 'sympy', 'rich',"
        "'scipy.linalg', 'scipy.fft', 'scipy.special', 'scipy.sparse', 'scipy.stats'};"
        "print(slow & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_types_and_shapes_are_checked_while_tests_run():
    # One test that must fail by type: without it, unchecked annotations would go unnoticed.
    from jaxtyping import TypeCheckError

    with pytest.raises(TypeCheckError):
        iie.AffineAttacker(gain=np.zeros((2, 1)), offset=np.zeros(3))
