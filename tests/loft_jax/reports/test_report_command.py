"""The command: one sentence for bad input, a whole file or none, commands that repeat the runs."""

import contextlib
import copy
import dataclasses
import json
import re
import shlex
import subprocess
import sys
import time

import pytest

import loft_jax
from loft_jax import cli
from loft_jax.attacks.settings import AttackConfig
from loft_jax.attacks.settings import quick as quick_attack
from loft_jax.data.settings import AugmentConfig, DataConfig
from loft_jax.defenses.loft import LoFt
from loft_jax.defenses.table import defense_named
from loft_jax.errors import InputError
from loft_jax.fitting.flags import TrainFlags
from loft_jax.fitting.presets import PRESETS, quick
from loft_jax.fitting.public_people import PublicPeople
from loft_jax.fitting.settings import ModelConfig, OptimConfig
from loft_jax.nets.imported.settings import ImportedWeights
from loft_jax.reports.commands import attack_command, train_command
from loft_jax.reports.gather import gather
from loft_jax.runs.files import read_json, sealed
from loft_jax.runs.identity import content
from loft_jax.runs.settings import RunConfig


def refused(*paths, out, data=None):
    with pytest.raises(InputError) as caught:
        loft_jax.report(*paths, out=str(out), data=data)
    assert not out.is_file()
    return str(caught.value)


def configuration(words):
    """The settings that `python -m loft_jax.train` makes of these flags."""
    from loft_jax.fitting.presets import preset_for

    def parsed(default):
        return cli.parse(default, prog="x", description="", args=words)

    asked = parsed(TrainFlags())
    name, preset = preset_for(asked.preset, asked.data.data)
    if asked.run.quick:
        preset = quick(preset, parsed(TrainFlags.of(preset)).data.data)
    config = parsed(TrainFlags.of(preset)).resolved(preset)
    return dataclasses.replace(config, preset=name)


def test_folders_of_different_people_are_refused_by_name(folders, sweep, tmp_path):
    other = folders.write_run(tmp_path / "run", data=tmp_path / "orl.npz", fingerprint="0a" * 32)
    message = refused(sweep, other, out=tmp_path / "r.html")
    assert re.search(r"`PATH` must be folders of one data set, got faces \(ffffffff\)", message)
    assert "orl (0a0a0a0a)" in message
    assert "one report each" in message
    for name in ("orl", "0a0a"):
        loft_jax.report(sweep, other, out=str(tmp_path / "r.html"), data=name)
        assert "<h1>Model inversion on orl</h1>" in (tmp_path / "r.html").read_text()
        (tmp_path / "r.html").unlink()
    message = refused(sweep, other, out=tmp_path / "r.html", data="lfw")
    assert "`--data` must be one of faces" in message


def test_what_is_no_folder_of_ours_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "missing", tmp_path / "empty"):
        assert f"got {path}, which" in refused(path, out=tmp_path / "r.html")
    assert "at least one folder" in refused(out=tmp_path / "r.html")


@pytest.mark.parametrize("name", ["result.json", "metrics.jsonl", "evaluation.json", "config.json"])
def test_a_damaged_run_is_refused_by_file(folders, tmp_path, name):
    run = folders.write_run(tmp_path / "run")
    (run / name).write_text("{ not json")
    assert name in refused(run, out=tmp_path / "r.html")


@pytest.mark.parametrize("name", ["attack.json", "outcomes.npz", "reconstructions.npz"])
def test_a_damaged_attack_is_refused_by_file(folders, tmp_path, name):
    run = folders.write_run(tmp_path / "run")
    attack = folders.write_attack(run / "attacks" / "ppa", run)
    (attack / name).write_bytes(b"PK\x03\x04 not")
    assert name in refused(run, out=tmp_path / "r.html")


def test_two_attacks_of_one_setting_are_refused_by_folder(folders, tmp_path):
    run = folders.write_run(tmp_path / "run")
    for name in ("ppa", "ppa-2"):
        folders.write_attack(run / "attacks" / name, run)
    message = refused(run, out=tmp_path / "r.html")
    assert "attacks/ppa" in message
    assert "attacks/ppa-2" in message


def test_a_folder_is_never_overwritten(sweep, tmp_path):
    assert "`--out` must be a file to write" in refused(sweep, out=tmp_path)
    missing = tmp_path / "no" / "r.html"
    assert "in a folder that is not there" in refused(sweep, out=missing)


def test_the_command_answers_bad_input_with_a_sentence_and_2(command_environment, tmp_path):
    found = subprocess.run(
        [sys.executable, "-m", "loft_jax.report", str(tmp_path), "-o", str(tmp_path / "r.html")],
        env=command_environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert found.returncode == 2
    assert re.fullmatch(r"error: `PATH` must be a folder of a sweep .*\n", found.stderr)
    assert not (tmp_path / "r.html").exists()


def test_help_starts_neither_jax_nor_matplotlib(command_environment):
    before = time.perf_counter()
    code = (
        "import sys, runpy; sys.argv[1:] = ['--help']\n"
        "try: runpy.run_module('loft_jax.report', run_name='__main__')\n"
        "except SystemExit: assert not {'jax', 'matplotlib', 'polars'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], env=command_environment, check=True, timeout=60)
    assert time.perf_counter() - before < 10


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize(
    "defense",
    [defense_named(spec) for spec in ("none:input_norm=true", "svd:4")]
    + [LoFt(8), LoFt(64), LoFt(16, activation="relu", input_norm=True)],
    ids=lambda defense: defense.spec,
)
def test_the_line_of_a_run_asks_for_the_same_run(preset, short, defense, tmp_path):
    (tmp_path / "my pictures").mkdir()
    config = dataclasses.replace(PRESETS[preset].config, preset=preset)
    if short:
        config = quick(config, config.data.data)
    config = dataclasses.replace(
        config,
        data=dataclasses.replace(config.data, data_seed=3)
        if preset == "digits"
        else DataConfig(data=str(tmp_path / "my pictures"), skip_unreadable=True),
        model=ModelConfig(defense=defense),
        augment=AugmentConfig(crop_scale=(0.5, 0.9), flip=not config.augment.flip),
        optim=OptimConfig(milestones=(0.5, 0.6, 0.7), learning_rate=1.5e-4),
        run=RunConfig(seed=7, quick=short, cache=False, out="elsewhere"),
    )
    words = shlex.split(train_command(config))
    assert words[:3] == ["python", "-m", "loft_jax.train"]
    repeated = configuration(words[3:])
    assert content(repeated) == content(config)  # where it lies is nobody's business
    assert (repeated.preset, repeated.run.quick) == (config.preset, config.run.quick)


@pytest.mark.parametrize("more", [{}, {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.2, 1.0)}])
def test_the_line_of_a_run_says_what_it_begins_with(more, tmp_path):
    name, config = "faces32", PRESETS["faces32"].config
    weights = ImportedWeights(str(tmp_path / "my weights.pth"), sha256="0a" * 32, **more)
    people = PublicPeople(str(tmp_path / "public people"), fingerprint="0b" * 32)
    config = dataclasses.replace(
        config,
        preset=name,
        pretrain=people,
        model=dataclasses.replace(config.model, weights=weights),
    )
    repeated = configuration(shlex.split(train_command(config))[3:])
    found = dataclasses.replace(weights, sha256="")  # known when it is read again, as people are
    assert repeated == dataclasses.replace(
        config,
        pretrain=PublicPeople(people.pretrain),
        model=dataclasses.replace(config.model, weights=found),
    )


def test_the_line_of_a_run_names_its_start_but_for_a_defense_that_finds_its_own():
    config = dataclasses.replace(PRESETS["faces32"].config, preset="faces32", start_from="/a run")
    assert train_command(config).endswith("--start-from '/a run'")
    cut = dataclasses.replace(config.model, defense=defense_named("svd:4"))
    assert "--start-from" not in train_command(dataclasses.replace(config, model=cut))


def test_a_run_with_the_presets_own_settings_needs_no_flags():
    name, config = "faces32", PRESETS["faces32"].config
    assert train_command(dataclasses.replace(config, preset=name)) == "python -m loft_jax.train"


@pytest.mark.parametrize("short", [False, True])
def test_the_line_of_an_attack_asks_for_the_same_attack(short):
    config = AttackConfig(
        path="/my runs/a", attack="lomma", prior="/p", adaptive="pre-code", classes="0:16",
        per_class=1, seed=2, access="scores", quick=short,
    )  # fmt: skip
    config = quick_attack(config) if short else config
    words = shlex.split(attack_command(config))
    asked = cli.parse(AttackConfig, prog="x", description="", args=words[3:])
    assert (quick_attack(asked) if asked.quick else asked) == config


def test_the_page_says_nothing_of_where_things_lie(folders, sweep, tmp_path, monkeypatch):
    """D0: no home, no user, no machine; even in errors, commands and names of folders."""
    run = folders.write_run(tmp_path / "my runs" / "run", data=tmp_path / "ann smith" / "ann.npz")
    folders.write_attack(run / "attacks" / "ppa", run)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "table.parquet").write_bytes((sweep / "table.parquet").read_bytes())
    for paths in ((run,), (sweep,), (tmp_path / "copy",)):
        loft_jax.report(*paths, out=str(tmp_path / "r.html"))
        text = re.sub('data:[^"]*', "", (tmp_path / "r.html").read_text())
        for secret in (str(tmp_path), str(tmp_path.parent), "ann smith", "my runs", str(sweep)):
            assert secret not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("got /home/ann/x/run", "got run"),
        ("`/home/ann/x/run` must be", "`run` must be"),
        ("--data '/home/ann smith/a b.npz' --out=/tmp/x", "--data 'a b.npz' --out=x"),
        ("C:\\Users\\ann\\a.npz is", "a.npz is"),
        ("~ann/runs/x", "x"),
        ("1/2 or a / b, ppa/renderer", "1/2 or a / b, ppa/renderer"),
        ("Linux-6.1-x86_64", "Linux-6.1-x86_64"),
        (
            "audit http://127.0.0.1:8000/predict --data /a/b.npz",
            "audit http://127.0.0.1:8000/predict --data b.npz",
        ),
    ],
)
def test_of_a_path_its_last_name_is_left(text, shown):
    from loft_jax.runs.places import without_places

    assert without_places(text) == shown


WRONG = (None, True, -1, 0, 2**80, 1e400, float("nan"), "x", [], {}, [1], {"a": 1})


@pytest.mark.slow
def test_any_wrong_value_in_any_file_is_told_or_one_sentence(folders, tmp_path):
    """C7: each entry of each JSON file in turn is another value, sealed as if it were right."""
    run = folders.write_run(tmp_path / "run", rank=4)
    attack = folders.write_attack(run / "attacks" / "ppa", run, rank=4)
    tried = told = 0
    for path in (*run.glob("*.json"), *attack.glob("*.json")):
        whole, values = path.read_bytes(), read_json(path)
        for at in _places(values):
            for wrong in (WRONG[tried % len(WRONG)], WRONG[(5 * tried + 7) % len(WRONG)]):
                path.write_text(json.dumps(sealed(_with(values, at, wrong))))
                tried += 1
                with contextlib.suppress(InputError):
                    gather([run])
                    told += 1
                    if told % 8 == 0:  # a page takes a second
                        loft_jax.report(run, out=str(tmp_path / "r.html"))
        path.write_bytes(whole)
    assert tried > 200
    assert told > 20  # what is not told may hold anything


def _places(value, at=()):
    """Every entry of nested JSON."""
    found = value.items() if isinstance(value, dict) else enumerate(value[:2])
    for key, one in found:
        yield (*at, key)
        if isinstance(one, dict | list):
            yield from _places(one, (*at, key))


def _with(value, at, wrong):
    changed = copy.deepcopy(value)
    inside = changed
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = wrong
    return changed
