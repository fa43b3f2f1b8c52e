"""`python -m loft_jax.reproduce` from its name to its picture; all names share their cells."""

import json
import os
import subprocess
import sys

import in_process
import numpy as np
import polars as pl
import pytest
from PIL import Image

from loft_jax.findings.table import read_table


def reproduce(*flags, environment, code=0, cwd=None):
    done = subprocess.run(
        [sys.executable, "-m", "loft_jax.reproduce", *map(str, flags)],
        env=environment, capture_output=True, text=True, timeout=600, cwd=cwd,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def out(tmp_path_factory, command_environment):
    root = tmp_path_factory.mktemp("reproduce") / "out"
    flags = ("--quick", "--seeds", "0", "--jobs", "1", "--out", root)
    for name in ("fig3", "fig5"):
        done = reproduce(name, *flags, environment=command_environment)
        assert f"drawn     {root / f'{name}-quick' / name}.png" in done.stdout
    return root


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fig3", "fig5"])
def test_a_name_ends_with_a_picture_a_table_and_its_command(out, name):
    folder = out / f"{name}-quick"
    with Image.open(folder / f"{name}.png") as picture:
        assert np.asarray(picture.convert("L")).std() > 10  # something is drawn
    told = (folder / "table.md").read_text()
    summary = json.loads((folder / "summary.json").read_text())
    command = json.loads((folder / "sweep.json").read_text())["command"]
    assert command in told
    assert command.startswith(f"python -m loft_jax.reproduce {name} --quick")
    for said in summary["conclusion"]:
        assert said["lead"] in told
        assert said["rest"] in told
    for row in summary["summary"]:
        assert f"{row['accuracy_at_1']:.3f}" in told


@pytest.mark.slow
def test_rows_are_what_the_attacks_wrote(out):
    table = read_table(out / "fig3-quick")
    assert set(table["defense"]) == {"none", "svd", "covariance"}
    for row in table.group_by("attack_folder").agg(pl.col("accuracy_at_1").mean()).to_dicts():
        attack = (out / "fig3-quick" / row["attack_folder"] / "attack.json").read_text()
        assert json.loads(attack)["pooled"]["accuracy_at_1"] == pytest.approx(row["accuracy_at_1"])


@pytest.mark.slow
def test_names_share_their_cells(out):
    tables = [read_table(out / f"{name}-quick") for name in ("fig3", "fig5")]
    plain = [table.filter(pl.col("spec") == "none") for table in tables]
    folders = [{os.path.basename(path) for path in table["run"]} for table in plain]
    assert folders[0] == folders[1]
    assert len(folders[0]) == 1


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["fig2"], "fig2"),
        (["fig4", "--jobs", "4097", "--data", "digits"], "`--jobs` must be a whole number"),
        (["fig4", "--scale", "paper", "--data", "."], "`--scale` must be laptop for fig4"),
        (["table-rank", "--scale", "paper"], "`--data` must be a folder of class folders"),
        (["fig5", "--data", "photos"], "`--data` must be faces or digits for --scale laptop"),
        (["fig4", "--data", "digits"], "`--data` must be left out for fig4"),
        (["table-theory", "--data", "digits"], "`--data` must be faces for table-theory"),
        (["coverage", "--data", "digits"], "`--data` must be left out for coverage"),
        (["fig5", "--prior", "nothing-there"], "`--prior` must be pixels, renderer"),
        (["fig1", "--seeds", "-1"], "seeds"),
        (["fig1", "--out", "/proc/nothing"], "`--out`"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(flags, words, tmp_path):
    done = in_process.command("reproduce", *flags, cwd=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    assert words in lines[0]
    assert not any(tmp_path.rglob("config.json"))
