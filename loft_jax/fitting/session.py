"""A training run from settings to result: what `python -m loft_jax.train` does."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from loft_jax.data.dataset import Dataset
from loft_jax.data.sources import DEFAULT_SIZE, load_dataset
from loft_jax.data.split import Split, split_indices
from loft_jax.defenses.network import check_width
from loft_jax.errors import InputError, SaveError
from loft_jax.fitting.checkpoint import Checkpoints
from loft_jax.fitting.closing import closing_table
from loft_jax.fitting.loop import History, Program, total_steps, train
from loft_jax.fitting.measure import measured
from loft_jax.fitting.optimizer import learning_rate
from loft_jax.fitting.pictures import draw_run
from loft_jax.fitting.predict import Answers, predict
from loft_jax.fitting.progress import TrainingProgress, reading
from loft_jax.fitting.run_folder import RESULT, SPLIT, RunFolder, described
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.state import TrainState, begun_with, blueprint
from loft_jax.fitting.step import evaluation_step, train_step
from loft_jax.fitting.tensorboard import check_installed, mirror
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.metrics.accuracy import accuracy, cross_entropy
from loft_jax.nets.description import Description
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs import devices, schema
from loft_jax.runs.environment import environment, peak_memory_bytes
from loft_jax.runs.folder import CONFIG
from loft_jax.runs.identity import content
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, Session, begin


def train_classifier(config: TrainConfig, *, started: float | None = None) -> Result:
    """Train, or continue, one run.

    Args:
        config: what is asked for; with `run.resume`, the run's own settings and its place.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError, SaveError, DivergenceError: see `loft_jax.errors`.
        Stopped: if a signal came; all is saved.
    """
    schema.check(config)
    if config.run.tensorboard:
        check_installed()
    going = RunFolder.open(config.run.resume, "--resume") if config.run.resume else None
    check_width(config.model.trunk, config.model.defense, config.data.size or DEFAULT_SIZE)
    with Interrupt() as interrupt:
        session = begin(config.run, started=started)
        with reading(session.out) as progress:
            data = load_data(config, progress)
        for note in data.skipped:
            session.out.print(f"left out, cannot be read: {note}")
        for note in data.notes:
            session.out.print(note)
        check_width(config.model.trunk, config.model.defense, data.size)
        mesh = devices.data_mesh()
        devices.check_divisible(mesh, config.optim.batch, config.optim.accumulate)
        split = _split(config, data) if going is None else going.split(data)
        interrupt.check("the same command, from the start")
        folder = going or _created(config, data, split)
        with folder.alone():
            run = _Run(config, data, split, folder, mesh, session, interrupt)
            run.introduce()
            return run.result()


def load_data(config: TrainConfig, progress: Callable[[int, int], None] | None = None) -> Dataset:
    """The pictures of a run; `progress` is told (done, of so many) meanwhile.

    Raises:
        InputError: if they are not as they must be.
    """
    wanted = config.data
    return load_dataset(
        wanted.data,
        size=wanted.size,
        seed=config.data_seed,
        skip_unreadable=wanted.skip_unreadable,
        identities=wanted.identities,
        pictures=wanted.pictures,
        progress=progress,
    )


@dataclass(frozen=True)
class _Run:
    config: TrainConfig
    data: Dataset
    split: Split
    folder: RunFolder
    mesh: Mesh
    session: Session
    interrupt: Interrupt

    def introduce(self) -> None:
        """Say what is trained, on what."""
        data, split, config = self.data, self.split, self.config
        kind = "gray" if data.channels == 1 else "colour"
        self.session.out.print(
            f"{data.name}: {data.classes} classes, {len(split.train)} training, "
            f"{len(split.validation)} validation, {len(split.test)} test pictures, "
            f"{data.size} px, {kind}\n"
            f"{config.model.trunk}, {config.model.defense.label}, preset {config.preset}, "
            f"{jax.device_count()} x {jax.default_backend()} -> {self.folder.path}"
        )

    def result(self) -> Result:
        """Train what is missing, then measure; a finished run is only told again."""
        if RESULT in self.folder:
            self.session.out.print("this run is finished already")
            return self._told(self.folder.read(RESULT))
        config, clock = self.config, self.session.clock
        steps = total_steps(config, self.split)
        graphs, initialise = blueprint(config, Description.of(self.data), steps)
        program = Program(
            config,
            self.data,
            self.split,
            train=train_step(graphs.train, config, steps, self.mesh),
            evaluate=evaluation_step(graphs.evaluate, self.mesh),
            learning_rate=learning_rate(config.optim, steps),
            mesh=self.mesh,
        )
        like = devices.abstract(self.mesh, initialise)
        with Checkpoints(self.folder.checkpoints) as checkpoints:
            if config.model.defense.trains:
                history = self._train(program, checkpoints, like, initialise, steps)
            else:
                history = self._inherit(checkpoints, like)
            before = time.perf_counter()
            best = checkpoints.best_step() or steps
            state = checkpoints.restore(best, like).state
            row = next((row for row in history.rows if row["step"] == best), history.rows[-1])
            trained = FrozenClassifier(graphs.evaluate, state.evaluated_params, state.stats)
            classifier, told = config.model.defense.after(trained, partial(self._seen, trained))
            validated = row.get("validation_accuracy")
            if classifier is not trained:
                classifier = devices.replicate(self.mesh, classifier)
                validated, score = self._validated(classifier, float(best))
                average = None if state.ema is None else classifier.params
                state = state._replace(
                    step=state.step + 1, params=classifier.params, stats=classifier.stats,
                    ema=average,
                )  # fmt: skip
                checkpoints.save(state, vars(history), max(score, checkpoints.best_score()))
        answers = self._answers(classifier, self.split.test)
        numbers = measured(classifier, answers, self.data.labels[self.split.test])
        numbers = {
            **{f"test_{k}" if k.startswith("accuracy") else k: numbers[k] for k in numbers},
            "validation_accuracy": validated,
            "best_epoch": row["epoch"],
            "parameters": sum(leaf.size for leaf in jax.tree.leaves(state.params)),
            **told,
            "seconds_compile": clock.seconds,
            "seconds_train": history.seconds,
            "seconds_evaluate": time.perf_counter() - before,
            "seconds_total": self.session.seconds,
            "peak_memory_bytes": peak_memory_bytes(),
        }
        return self._finished(numbers, history.rows)

    def _train(
        self,
        program: Program,
        checkpoints: Checkpoints,
        like: TrainState,
        initialise: Callable[[], TrainState],
        steps: int,
    ) -> History:
        """All steps that are missing."""
        session = self.session
        if (latest := checkpoints.latest_step()) is None:
            state, history = devices.replicate(self.mesh, initialise()), History()
            if (start := self._start()) is not None:
                state, taken = begun_with(state, start.classifier)
                session.out.print(f"begins with {taken} of the arrays of {start.folder.path}")
        else:
            state, saved = checkpoints.restore(latest, like)
            history = History(**saved)
            session.out.print(f"continuing after step {latest}")
        bar = TrainingProgress(session.out, steps, int(state.step), self.config.optim.batch)
        with bar as progress:
            train(
                program, state, history, checkpoints, progress, self.interrupt, self._on_epoch,
                session.clock,
            )  # fmt: skip
        self.interrupt.check(f"python -m loft_jax.train --resume {self.folder.path}")
        return history

    def _inherit(self, checkpoints: Checkpoints, like: TrainState) -> History:
        """What the run that this one starts from has learnt, as it is."""
        start = self._start()
        assert start is not None
        with Checkpoints(start.folder.checkpoints) as earlier:
            state, saved = earlier.restore(start.step, like)
            score = earlier.best_score()
        history = History(**saved)
        history.seconds = start.folder.read(RESULT)["seconds_train"]
        if checkpoints.latest_step() is None:
            checkpoints.save(state, vars(history), score)
        return history

    def _start(self) -> Trained | None:
        """The finished run whose weights this one begins with, trained now if need be."""
        config, path = self.config, self.config.start_from
        wanted = config.model.defense.start_from(config)
        if path is None and wanted is None:
            return None
        if path is None:
            path = str(self._trained_here(wanted))
        start = load_trained(path, self.mesh)
        if not config.model.defense.trains and content(start.config) != content(wanted):
            msg = f"`--start-from` must be a run as {config.model.defense.label} needs, got {path}"
            raise InputError(msg)
        return start

    def _trained_here(self, wanted: TrainConfig) -> Path:
        folder = self.folder.path / "start"
        place = {"resume": str(folder)} if folder.exists() else {"out": str(folder)}
        run = dataclasses.replace(self.config.run, **{"out": None, "resume": None, **place})
        self.session.out.print(f"training what it starts from, once -> {folder}")
        return train_classifier(dataclasses.replace(wanted, run=run)).folder

    def _validated(self, classifier: FrozenClassifier, step: float) -> tuple[float | None, float]:
        """Validation accuracy, and the score by which checkpoints are compared."""
        chosen = self.split.validation
        if not len(chosen):
            return None, step
        logits, labels = self._answers(classifier, chosen).logits, self.data.labels[chosen]
        return accuracy(logits, labels).value, -cross_entropy(logits, labels)

    def _seen(self, classifier: FrozenClassifier) -> np.ndarray:
        return self._answers(classifier, self.split.train).features

    def _answers(self, classifier: FrozenClassifier, chosen: np.ndarray) -> Answers:
        batch = -(-self.config.optim.batch // self.mesh.size) * self.mesh.size
        step = evaluation_step(classifier.graph, self.mesh)
        params, stats = classifier.params, classifier.stats
        return predict(step, params, stats, self.data.images[chosen], batch, self.mesh)

    def _on_epoch(self, rows: list[dict[str, Any]]) -> None:
        if devices.first_process() and CONFIG not in self.folder:
            msg = f"the run folder {self.folder.path} has gone while it was written to"
            raise SaveError(msg)
        self.folder.write_metrics(rows)
        if self.config.run.tensorboard and devices.first_process():
            mirror(self.folder.path, rows[-1])

    def _finished(self, numbers: dict[str, Any], rows: list[dict[str, Any]]) -> Result:
        """Write the numbers, then the pictures."""
        if devices.first_process():
            self._on_epoch(rows)
            self.folder.write(RESULT, numbers)
            draw_run(self.folder.path, rows, self.data, self.split, self.config, self.session.out)
        return self._told(numbers)

    def _told(self, numbers: dict[str, Any]) -> Result:
        table = closing_table(numbers, self.config, self.folder.path)
        return Result(self.folder.path, numbers, table)


def _created(config: TrainConfig, data: Dataset, split: Split) -> RunFolder:
    return RunFolder.create(
        config.run.out,
        f"{Path(data.name).stem or 'data'}-{_stem(config)}-seed{config.run.seed}",
        config=schema.write(config),
        others={SPLIT: described(data, split), "environment.json": environment()},
    )


def _stem(config: TrainConfig) -> str:
    defense = config.model.defense
    return "plain" if not defense.baselines else defense.spec.replace(":", "")


def _split(config: TrainConfig, data: Dataset) -> Split:
    return split_indices(
        data.labels,
        test_fraction=config.data.test_fraction,
        validation_fraction=config.data.validation_fraction,
        seed=config.data_seed,
    )
