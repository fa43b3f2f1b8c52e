"""One training run, judged and with its folder: train what is missing, measure, write, tell."""

import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Int

from loft_jax.data.dataset import Dataset
from loft_jax.data.split import Split
from loft_jax.defenses.base import Defense, Labelled
from loft_jax.defenses.network import discriminants
from loft_jax.errors import InputError, SaveError
from loft_jax.fitting.checkpoint import Checkpoints, History
from loft_jax.fitting.classifiers import ClassifierTask, total_steps
from loft_jax.fitting.closing import closing_table, epoch_line
from loft_jax.fitting.control import pca_lda_accuracy
from loft_jax.fitting.discriminants import begun_as_discriminants
from loft_jax.fitting.fitted_folder import RESULT
from loft_jax.fitting.loop import NEVER_BEST, fit
from loft_jax.fitting.pictures import draw_run
from loft_jax.fitting.predict import Answerer, Answers, measured
from loft_jax.fitting.progress import Bar
from loft_jax.fitting.records import Learnt, ToldRun
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.start import Start, begun_with, begun_with_weights
from loft_jax.fitting.state import Graphs, TrainState, blueprint
from loft_jax.fitting.tensorboard import mirror
from loft_jax.fitting.trained import Trained
from loft_jax.metrics.accuracy import accuracy, cross_entropy
from loft_jax.nets.description import Description
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.trunks.table import feature_width
from loft_jax.runs import devices
from loft_jax.runs.environment import peak_memory_bytes
from loft_jax.runs.folder import CONFIG
from loft_jax.runs.interrupt import Interrupt, Stopped
from loft_jax.runs.session import Result, Session

Train = Callable[..., Result]


@dataclass(frozen=True)
class Run:
    """What a run is made of."""

    config: TrainConfig
    data: Dataset
    split: Split
    folder: RunFolder
    start: Start
    mesh: Mesh
    session: Session
    interrupt: Interrupt

    def result(self, train: Train) -> Result:
        """Train what is missing, then measure; a finished run is only told again.

        Args:
            train: trains a classifier, for what the run starts from.
        """
        self._introduce()
        if RESULT in self.folder:
            self.session.out.print("this run is finished already")
            self._draw()
            return self._told(self.folder.read(RESULT, ToldRun))
        steps = total_steps(self.config, len(self.split.train))
        graphs, initialise = blueprint(self.config, Description.of(self.data), steps)
        like = devices.abstract(self.mesh, initialise)
        checkpoints = Checkpoints(self.folder.checkpoints)
        if self.config.model.defense.trains:
            history = self._train(checkpoints, graphs, initialise, like, train)
        else:
            history = self._inherit(checkpoints, initialise, train)
        before = time.perf_counter()
        state, told = self._after(checkpoints, graphs, like, history)
        numbers = self._numbers(self._classifier(graphs, state), state, told)
        now = time.perf_counter()
        seconds = {
            "seconds_compile": self.session.clock.seconds,
            "seconds_train": history.seconds,
            "seconds_evaluate": now - before,
            "seconds_total": self.session.seconds,
            "peak_memory_bytes": peak_memory_bytes(),
        }
        return self._finished({**numbers, **seconds}, history.rows)

    def _introduce(self) -> None:
        """Say what is trained, on what."""
        data, split, config = self.data, self.split, self.config
        kind = "gray" if data.channels == 1 else "colour"
        remark, proved = self._remark(), config.model.defense.guarantee()
        self.session.out.print(
            f"{data.name}: {data.classes} classes, {len(split.train)} training, "
            f"{len(split.validation)} validation, {len(split.test)} test pictures, "
            f"{data.size} px, {kind}\n"
            f"{config.model.trunk}, {config.model.defense.label}, preset {config.preset}, "
            f"{jax.device_count()} x {jax.default_backend()} -> {self.folder.path}"
            + (f"\nnote: {remark}" if remark else "")
            + (f"\nguarantee: {proved}" if proved else "")
        )

    def _remark(self) -> str | None:
        model, classes = self.config.model, self.data.classes
        width = feature_width(model.trunk, self.data.size) + discriminants(model.fisher, classes)
        return model.defense.remark(classes, width)

    def _train(
        self,
        checkpoints: Checkpoints,
        graphs: Graphs,
        initialise: Callable[[], TrainState],
        like: TrainState,
        train: Train,
    ) -> History:
        """All updates that are missing."""
        config, data, out = self.config, self.data, self.session.out
        if (latest := checkpoints.latest_step()) is None:
            state, history = devices.replicate(self.mesh, initialise()), History()
            if (start := self._start(train)) is not None:
                part = "trunk" if self.start.of_strangers else None
                state, taken = begun_with(state, start, part)
                out.print(f"begins with {taken} of the arrays of {start.folder.path}")
            elif (weights := self.start.weights) is not None:
                state = devices.replicate(self.mesh, begun_with_weights(state, weights))
                out.print(f"the trunk begins with {weights}")
            others = start is None or start.folder.fingerprint() != data.fingerprint
            if config.model.fisher and others:
                images, labels = data.images[self.split.train], data.labels[self.split.train]
                state = begun_as_discriminants(state, graphs, images, labels)
                state = devices.replicate(self.mesh, state)
            if self.start.is_elsewhere:
                checkpoints.save(state, history, NEVER_BEST)
        else:
            state, history = checkpoints.restore(latest, like)
            out.print(f"continuing after step {latest}")
        task = ClassifierTask(config, data.images, data.labels, self.split, graphs, self.mesh)
        bar = Bar(
            out,
            "training",
            steps=task.steps,
            done=int(state.step),
            pictures=config.optim.batch,
            line=lambda row: epoch_line(row, config.optim.epochs),
            saved=lambda _, rows: self._write(rows),
        )
        with bar as watch:
            fit(
                task, state, history, checkpoints=checkpoints, watch=watch,
                interrupt=self.interrupt, clock=self.session.clock,
            )  # fmt: skip
        self.interrupt.check(self._go_on)
        return history

    @property
    def _go_on(self) -> str:
        return f"python -m loft_jax.train --resume {shlex.quote(str(self.folder.path))}"

    def _start(self, train: Train) -> Trained | None:
        try:
            return self.start.loaded(self.config, self.folder.path, self.session.out, train)
        except Stopped as stop:  # what it starts from goes on when this run does
            raise Stopped(stop.signal, self._go_on) from stop

    def _inherit(
        self, checkpoints: Checkpoints, initialise: Callable[[], TrainState], train: Train
    ) -> History:
        """What the run that this one starts from has learnt, as it is."""
        start = self._start(train)
        assert start is not None  # a defense that does not train says what it starts from
        earlier = Checkpoints(start.folder.checkpoints)
        history = earlier.history(start.step)
        history.seconds = start.folder.read(RESULT, Learnt)["seconds_train"]
        if checkpoints.latest_step() is None:
            state, _ = begun_with(devices.replicate(self.mesh, initialise()), start)
            state = state._replace(step=jax.numpy.int32(start.step))
            checkpoints.save(state, history, earlier.best_score())
        return history

    def _after(
        self, checkpoints: Checkpoints, graphs: Graphs, like: TrainState, history: History
    ) -> tuple[TrainState, dict[str, Any]]:
        """The state that is measured, as the defense leaves it, and what is told of it."""
        best = checkpoints.best_step()
        assert best is not None  # it was saved, or restored
        state, judged = checkpoints.restore(best, like)
        if judged.after is not None:
            return state, judged.after
        row = next((row for row in history.rows if row["step"] == best), history.rows[-1])
        told = {
            "validation_accuracy": row.get("validation_accuracy"),
            "best_epoch": row["epoch"],
        }
        if not self.config.model.defense.overrides("after"):
            return state, told
        trained = self._classifier(graphs, state)
        classifier, numbers = self.config.model.defense.after(
            trained,
            lambda: self._answers(trained, self.split.train, Defense()).features,
            lambda: self._labelled(trained),
        )
        classifier = devices.replicate(self.mesh, classifier)
        told["validation_accuracy"], score = self._validated(classifier, float(best))
        history.after = {**told, **numbers}
        number = (checkpoints.latest_step() or best) + 1
        average = None if state.ema is None else classifier.params
        state = TrainState(
            jax.numpy.int32(number), classifier.params, classifier.stats, state.opt_state, average
        )
        checkpoints.save(state, history, max(score, checkpoints.best_score()))
        return state, history.after

    def _classifier(self, graphs: Graphs, state: TrainState) -> FrozenClassifier:
        return FrozenClassifier(graphs.evaluate, state.evaluated_params, state.stats)

    def _validated(self, classifier: FrozenClassifier, step: float) -> tuple[float | None, float]:
        """Validation accuracy, and the score by which checkpoints are compared."""
        chosen = self.split.validation
        if not len(chosen):
            return None, step
        logits, labels = self._answers(classifier, chosen).logits, self.data.labels[chosen]
        return accuracy(logits, labels).value, -cross_entropy(logits, labels)

    def _answers(
        self,
        classifier: FrozenClassifier,
        chosen: Int[np.ndarray, " n"],
        defense: Defense | None = None,
    ) -> Answers:
        """What the classifier answers as the run's defense, or another, releases it."""
        config = self.config
        releasing = defense or config.model.defense
        answer = Answerer(classifier.graph, releasing, self.mesh, config.optim.batch)
        return answer(classifier.params, classifier.stats, self.data.images[chosen])

    def _labelled(self, classifier: FrozenClassifier) -> Labelled:
        chosen = self.split.validation
        if not len(chosen):
            msg = (
                f"`--validation-fraction` must be more than 0 for {self.config.model.defense.tag}"
                f", got {self.config.data.validation_fraction}"
            )
            raise InputError(msg)
        logits = self._answers(classifier, chosen, Defense()).logits
        return Labelled(logits, self.data.labels[chosen])

    def _numbers(
        self, classifier: FrozenClassifier, state: TrainState, told: dict[str, Any]
    ) -> dict[str, Any]:
        chosen, proved = self.split.test, self.config.model.defense.guarantee()
        numbers = measured(classifier, self._answers(classifier, chosen), self.data.labels[chosen])
        return {
            **{f"test_{k}" if k.startswith("accuracy") else k: numbers[k] for k in numbers},
            "pca_lda_accuracy": pca_lda_accuracy(self.data, self.split),
            "parameters": sum(
                variable.size
                for path, variable in nnx.to_flat_state(state.params)
                if path[0] != "companion"
            ),
            "remark": self._remark(),
            **({"guarantee": proved} if proved else {}),
            **self._told_by_defense(),
            **told,
        }

    def _told_by_defense(self) -> Mapping[str, float]:
        config, pictures = self.config, len(self.split.train)
        steps = total_steps(config, pictures)
        return config.model.defense.told(pictures, config.optim.batch, steps)

    def _write(self, rows: list[dict[str, Any]]) -> None:
        if devices.first_process() and CONFIG not in self.folder:
            msg = f"the run folder {self.folder.path} has gone while it was written to"
            raise SaveError(msg)
        self.folder.write_metrics(rows)
        if self.config.run.tensorboard and devices.first_process():
            mirror(self.folder.path, rows[-1])

    def _finished(self, numbers: dict[str, Any], rows: list[dict[str, Any]]) -> Result:
        """Write the numbers, then the pictures."""
        if devices.first_process():
            self._write(rows)
            self.folder.write(RESULT, numbers)
        self._draw()
        return self._told(numbers)

    def _draw(self) -> None:
        if devices.first_process():
            draw_run(self.folder, self.data, self.split, self.config, self.session.out)

    def _told(self, numbers: dict[str, Any]) -> Result:
        table = closing_table(numbers, self.config, self.folder.path)
        return Result(self.folder.path, numbers, table)
