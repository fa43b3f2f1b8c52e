"""Every kind of plug-in, one file and one row each, outside the package: nothing in it is edited.

A sweep over four defenses, an attack, a trunk, a source and a prior that the package has never
heard of runs to its report, and the report names them rightly.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from loft_jax.runs.files import read_json

HERE = Path(__file__).parent
PLUGINS = sorted((HERE / "plugins").glob("*.py"))
PACKAGE = HERE.parents[1] / "loft_jax"
DEFENSES = {
    "none": "plain head",
    "quiet:0.5": "Quiet weight 0.5",
    "halve": "Halved trunk",
    "frozen": "Frozen trunk",
    "rounding:0.5": "Rounded logits step 0.5",
}

pytestmark = pytest.mark.command


def run(*words: str, cwd: Path, expected: int = 0) -> str:
    plugins = os.pathsep.join(map(str, PLUGINS))
    found = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=cwd,
        env={**os.environ, "LOFT_JAX_PLUGINS": plugins},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == expected, found.stdout + found.stderr
    return found.stdout + found.stderr


@pytest.fixture(scope="module")
def sweep(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("extension")
    run(
        "loft_jax.sweep", "--data", "blobs", "--size", "16", "--trunk", "dropout_cnn",
        "--defense", *DEFENSES, "--attack", "guessing", "--prior", "blobs", "--adaptive", "none",
        "--seeds", "0", "1", "--epochs", "3", "--classes", "0:4", "--out", "sweep", cwd=root,
    )  # fmt: skip
    run("loft_jax.report", "sweep", "--out", "report.html", cwd=root)
    return root


def test_no_name_of_a_plug_in_stands_in_the_package():
    source = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    for name in ("quiet", "halve", "frozen", "rounding", "guessing", "blobs", "dropout_cnn"):
        assert f'"{name}"' not in source


def test_all_cells_came_to_their_end(sweep):
    numbers = read_json(sweep / "sweep" / "sweep.json")
    assert not numbers["failed"]


def test_the_sentence_names_every_defense_and_what_is_found(sweep):
    said = " ".join(
        f"{one['lead']} {one['rest']}"
        for one in read_json(sweep / "sweep" / "summary.json")["conclusion"]
    )
    for spec, label in DEFENSES.items():
        if spec != "none":
            assert label.split(" 0.5")[0] in said
    assert "blobs" in said
    assert "people" not in said
    assert "doubling" not in said  # no defense was run at two strengths


def test_each_is_compared_with_the_undefended_network(sweep):
    compared = read_json(sweep / "sweep" / "summary.json")["worst_cases"]
    assert {one["setting"]["spec"] for one in compared} == set(DEFENSES) - {"none"}
    assert {one["against"]["spec"] for one in compared} == {"none"}


def test_the_report_names_them(sweep):
    page = (sweep / "report.html").read_text()
    for label in DEFENSES.values():
        assert label in page
    assert "Guessing" in page or "guessing" in page


def test_frozen_weights_are_those_of_the_run_that_it_starts_from(sweep, monkeypatch):
    monkeypatch.setenv("LOFT_JAX_PLUGINS", os.pathsep.join(map(str, PLUGINS)))
    from flax import nnx

    from loft_jax.fitting.trained import load_trained
    from loft_jax.runs.devices import data_mesh

    models = sweep / "sweep" / "models"
    frozen, plain = (
        load_trained(str(next(iter(sorted(models.glob(pattern))))), data_mesh()).classifier
        for pattern in ("*frozen*seed0*", "*plain*seed0*")
    )
    for path, variable in nnx.to_flat_state(frozen.params):
        if path[0] == "trunk":
            other = dict(nnx.to_flat_state(plain.params))[path]
            np.testing.assert_array_equal(np.asarray(variable[...]), np.asarray(other[...]))


def test_a_name_that_no_plug_in_brings_is_one_sentence(tmp_path):
    told = run("loft_jax.train", "--defense", "unheard-of", cwd=tmp_path, expected=2)
    assert "`--defense` must be one of none, loft" in told
    assert "quiet" in told
