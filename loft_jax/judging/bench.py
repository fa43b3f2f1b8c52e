"""Judges with all that they need, and what they make of an attack."""

import shlex
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jax.sharding import Mesh

from loft_jax.attacks.folder import JUDGES, NUMBERS, OUTCOMES, SEARCH, SHEET, AttackFolder
from loft_jax.attacks.records import ToldSearch
from loft_jax.attacks.sheet import sheet
from loft_jax.judging.closing import closing_table
from loft_jax.judging.evaluators import Evaluator, load_evaluators
from loft_jax.judging.identity import identity_numbers, is_known
from loft_jax.judging.inception import inception_clouds
from loft_jax.judging.independent.curve import verification_curve
from loft_jax.judging.independent.judgement import Judgement
from loft_jax.judging.independent.ready import Independent, independent_for
from loft_jax.judging.intervals import pooled_numbers
from loft_jax.judging.knowledge import knowledge_numbers
from loft_jax.judging.measures import measured
from loft_jax.judging.open_set import OpenSet, open_set_of
from loft_jax.judging.private import PrivateData
from loft_jax.judging.settings import Judges
from loft_jax.judging.strangers import strangers_for
from loft_jax.nets.inception_weights import load_inception
from loft_jax.runs import devices, schema
from loft_jax.runs.arrays import write_arrays
from loft_jax.runs.drawing import draw
from loft_jax.runs.environment import peak_memory_bytes
from loft_jax.runs.folder import Folder
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, Session

CURVE = "verification.png"


@dataclass(frozen=True)
class Bench:
    """Judges with all that they need, ready before the first search."""

    private: PrivateData
    judges: Judges
    evaluators: list[Evaluator]
    seconds_evaluators: float
    mesh: Mesh
    session: Session
    interrupt: Interrupt
    open_set: OpenSet
    independent: Independent

    def judged(self, attack: AttackFolder, out: Folder) -> Result:
        """Measure, then write: outcomes, numbers, and last the picture."""
        go_on = f"python -m loft_jax.judge {shlex.quote(str(attack.path))}"
        before, found = time.perf_counter(), attack.found()
        searched = attack.read(SEARCH, ToldSearch)
        independent = self.independent.judged(found, self.private)
        numbers, outcomes = self._measured(attack, found, independent)
        self.interrupt.check(go_on)
        seconds = time.perf_counter() - before
        result = {
            **searched,
            **numbers,
            "seconds_evaluators": self.seconds_evaluators,
            "seconds_measure": seconds,
            "seconds_total": searched["seconds_total"] + seconds,
            "peak_memory_bytes": max(searched["peak_memory_bytes"], peak_memory_bytes()),
        }
        # Until all is written the attack is one that nobody has judged.
        for name in (NUMBERS, SHEET, CURVE):
            (out.path / name).unlink(missing_ok=True)
        write_arrays(out.path / OUTCOMES, labels=found["labels"], **outcomes)
        if out.path == attack.path:
            out.write(JUDGES, schema.write(self.judges))
        out.write(NUMBERS, result)
        draw(self.session.out, out.path / SHEET, lambda: self._sheet(found))
        if scores := independent.scores:
            draw(self.session.out, out.path / CURVE, lambda: verification_curve(scores))
        return Result(out.path, result, closing_table(result, out.path))

    def _measured(
        self, attack: AttackFolder, found: dict[str, np.ndarray], independent: Judgement
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """(what attack.json says, what outcomes.npz holds of each class)."""
        judges, images, labels = self.judges, found["images"], found["labels"]
        private, instance = self.private.of(labels), attack.instance()
        numbers, outcomes, recognised = measured(
            self.evaluators, found, private, self.open_set, self.mesh
        )
        outcomes, facts = outcomes | independent.outcomes, {}
        numbers["independent"] = independent.record
        if judges.features is not None:
            numbers |= inception_clouds(judges.features, images, private)
        if judges.knowledge:
            extra, outcomes["knowledge"] = knowledge_numbers(
                images, private, self.mesh, instance["seed"]
            )
            facts |= extra
        law, of_law = self.private.law, "law" in instance["prior_offers"]
        if judges.identity and law is not None and is_known(law, of_law=of_law):
            people = len(self.private.data.class_names)
            extra, more = identity_numbers(law, found, people, of_law=of_law)
            facts, outcomes = facts | extra, outcomes | more
        numbers["pooled"] = {**pooled_numbers(outcomes), **facts}
        return numbers, {**outcomes, **recognised}

    def _sheet(self, found: dict[str, np.ndarray]) -> bytes:
        labels, data = found["labels"], self.private.data
        shown = self.judges.show_private or data.shown
        names = [data.class_names[label] for label in labels]
        private = self.private.of(labels).pictures if shown else None
        return sheet(found["images"], names, found.get("lookalikes"), private)


def bench_for(
    private: PrivateData, judges: Judges, prior: str, session: Session, interrupt: Interrupt
) -> Bench:
    """The judges, trained now if need be, and what strangers score with them.

    Args:
        private: the target's pictures.
        judges: who judges.
        prior: of the attack, as `--prior` has it.
        session: of the process.
        interrupt: heeded at each step of a training.

    Raises:
        InputError: if they, strangers, or the weights of Inception are not as they must be.
        DivergenceError: if the training of one fails.
        Stopped: if a signal came.
    """
    if judges.features is not None:
        load_inception(Path(judges.features))  # a bad archive is said before the search
    strangers = strangers_for(private, prior, judges.strangers, session.out.print)
    before, mesh = time.perf_counter(), devices.data_mesh()
    heed = partial(interrupt.check, "the same command")
    independent = independent_for(judges.independent, private, session.out, heed)
    heed()
    evaluators, _ = load_evaluators(private, judges.evaluators, mesh, session.out)
    heed()
    open_set = open_set_of(evaluators, strangers, mesh, session.out)
    seconds = time.perf_counter() - before
    session.started += seconds  # `seconds_total` is that of the attack
    heed()
    return Bench(
        private, judges, evaluators, seconds, mesh, session, interrupt, open_set, independent
    )
