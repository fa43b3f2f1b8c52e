"""What a sweep says before and while it works: what is there already, what runs, in which log."""

import io

import pytest
from rich.console import Console

from loft_jax.fitting.run_folder import RunFolder
from loft_jax.runs import schema
from loft_jax.sweeps import pool
from loft_jax.sweeps.engines import Processes, Running
from loft_jax.sweeps.grid import grid
from loft_jax.sweeps.pool import work_through
from loft_jax.sweeps.session import _introduce
from loft_jax.sweeps.settings import SweepConfig
from loft_jax.sweeps.store import Store
from loft_jax.sweeps.units import read_unit

CONFIG = SweepConfig(rank=("none",), seeds=(0,), adaptive=("none",))


class Told(io.StringIO):
    """No terminal."""

    def said(self):
        return " ".join(self.getvalue().split())


@pytest.fixture
def out():
    told = Told()
    return Console(file=told, width=300), told


def test_a_folder_that_was_begun_is_not_there_already(told, out, tmp_path):
    console, said = out
    cells, store = grid(CONFIG, told), Store(tmp_path)
    model = cells.models[0]
    folder = store.path(model)
    RunFolder.create(str(folder), "", config=schema.write(model.config))
    assert store.status(model) == "begun"
    _introduce(console, cells, store, told)
    assert "1 classifier, 2 evaluators" in said.said()
    for name in ("result.json", "evaluation.json"):
        RunFolder(folder).write(name, {})
    _introduce(console, cells, store, told)
    assert "1 classifier (1 there already), 2 evaluators" in said.said()


def test_a_lost_picture_is_noticed_though_the_numbers_are_there(told, tmp_path):
    model, store = grid(CONFIG, told).models[0], Store(tmp_path)
    folder = store.path(model)
    RunFolder.create(str(folder), "", config=schema.write(model.config))
    for name in ("result.json", "evaluation.json"):
        RunFolder(folder).write(name, {})
    assert store.is_done(model)
    assert not store.is_whole(model)
    for name in ("training.png", "samples.png"):
        (folder / name).write_bytes(b"drawn")
    assert store.is_whole(model)
    (folder / "training.png").unlink()
    assert not store.is_whole(model)


class Slow(Processes):
    """An engine whose unit writes a line to its log and ends after so many looks."""

    def __init__(self, looks):
        self.jobs, self.left = 1, looks

    def start(self, unit, log):
        log.write_text("epoch 1/9\n")
        return self

    def finished(self):
        self.left -= 1
        return self.left < 0

    def stop(self):
        raise NotImplementedError


def test_no_sweep_is_silent_for_minutes_and_each_names_its_log(told, out, tmp_path, monkeypatch):
    console, said = out
    monkeypatch.setattr(pool, "POLL_SECONDS", 0.01)
    assert pool.SILENCE <= 60
    monkeypatch.setattr(pool, "SILENCE", 0.03)
    unit = grid(CONFIG, told).stages(CONFIG)[0][0]
    work_through([[unit]], Store(tmp_path), Slow(looks=20), console)
    text = said.said()
    assert f"begun {unit.name}, log {tmp_path / 'logs' / unit.name}.log" in text
    assert text.count(f"runs {unit.name}: epoch 1/9") >= 2


class Counted(Processes):
    """An engine of two, whose units end after as many looks as their name asks for."""

    def __init__(self, looks):
        self.jobs, self.looks, self.log = 2, looks, []

    def start(self, unit, log):
        name = read_unit(unit).name
        self.log.append(("begun", name))
        return Job(name, next((n for tag, n in self.looks.items() if tag in name), 1), self.log)


class Job(Running):
    def __init__(self, name, looks, log):
        self.name, self.left, self.log = name, looks, log

    def finished(self):
        self.left -= 1
        if self.left == 0:
            self.log.append(("ended", self.name))
        return self.left <= 0

    def stop(self):
        raise NotImplementedError


def test_a_unit_begins_when_what_it_needs_has_ended_and_waits_for_nothing_else(
    told, out, tmp_path, monkeypatch
):
    monkeypatch.setattr(pool, "POLL_SECONDS", 0.001)
    config = SweepConfig(rank=("none", "8"), defense=("svd:4",), seeds=(0,))
    stages, engine = grid(config, told).stages(config), Counted({"loft8": 40})
    work_through(stages, Store(tmp_path), engine, out[0])
    cut, attacks = [unit.name for unit in stages[-1]]
    slow = next(unit.name for unit in stages[1] if "loft8" in unit.name)
    plain = next(unit.name for unit in stages[1] if unit.name != slow)
    judges = [unit.name for unit in stages[0]]
    at = {moment: place for place, moment in enumerate(engine.log)}
    assert at["ended", plain] < at["begun", cut] < at["begun", attacks] < at["ended", slow]
    assert max(at["ended", judge] for judge in judges) < at["begun", slow]
    assert len(engine.log) == 2 * sum(map(len, stages))
