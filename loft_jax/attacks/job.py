"""The search for all classes of one request, from what is there to the files of its folder."""

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loft_jax.attacks.closing import closing_table
from loft_jax.attacks.folder import FOUND, INSTANCE, SEARCH, SHEET, AttackFolder
from loft_jax.attacks.request import Request
from loft_jax.attacks.running import Size, fitting, joined, reconstruct_all
from loft_jax.attacks.sheet import sheet
from loft_jax.attacks.variant import VARIANT
from loft_jax.errors import InputError
from loft_jax.runs import schema
from loft_jax.runs.arrays import write_arrays
from loft_jax.runs.drawing import draw
from loft_jax.runs.environment import environment, peak_memory_bytes
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, Session
from loft_jax.targets.base import BudgetSpent


def told(folder: AttackFolder, numbers: dict[str, Any]) -> Result:
    """What an attack gives back, judged by nobody."""
    return Result(folder.path, numbers, closing_table(numbers, folder.path))


@dataclass(frozen=True)
class Job:
    """An attack about to be made.

    Attributes:
        request: what was asked.
        session: of the process.
        interrupt: heeded between segments of steps.
        later: bytes that what follows in this process needs beyond its own.
        others: further JSON files of a new folder, by name.
    """

    request: Request
    session: Session
    interrupt: Interrupt
    later: int
    others: Mapping[str, dict[str, Any]]

    def result(self, going: AttackFolder | None) -> Result:
        """Search what is missing, then write.

        Raises:
            InputError: if `--queries` is not enough for one chunk of classes.
        """
        request, each = self.request, self.request.config.queries
        try:
            with request.target.allowing(each and each * len(request.labels)):
                return self._result(going)
        except BudgetSpent as spent:
            title = request.recipe.title
            msg = f"`--queries` must be enough for one class of {title}, got {each} for each"
            raise InputError(msg) from spent

    def _result(self, going: AttackFolder | None) -> Result:
        request, session, config = self.request, self.session, self.request.config
        target, asked_before = request.target, request.target.queries
        helpers = request.helpers(session.out)
        before, compiled = time.perf_counter(), session.clock.seconds
        attack = request.start(helpers.classifiers)
        seconds = {"seconds_candidates": time.perf_counter() - before}
        shared = target.queries - asked_before
        budget = int(config.memory * 2**30)
        size = fitting(
            attack, request.labels, config.batch, budget, session.before, later=self.later
        )
        instance = request.instance()
        if going is not None:
            size = size._replace(classes_at_a_time=going.check_instance(instance))
        self.interrupt.check("the same command, from the start")
        folder = going or self._created({**instance, "classes_at_a_time": size.classes_at_a_time})
        self._introduce(folder, attack.rows, size, budget)
        before = time.perf_counter()
        with folder.alone():
            found = joined(list(reconstruct_all(
                attack, target, request.labels, size.classes_at_a_time, config.per_class,
                folder, session.out, self.interrupt,
            )))  # fmt: skip
            labels = request.labels[: len(found.images)]  # all, unless the questions were spent
            seconds["seconds_search"] = time.perf_counter() - before
            seconds["seconds_compile"] = session.clock.seconds - compiled
            kept = found.by_class()
            for name in {"images", "lookalikes"} & kept.keys():
                kept[name] = np.floor(255 * kept[name] + 0.5).astype(np.uint8)
            write_arrays(folder.path / FOUND, labels=labels, **kept)
            numbers = {
                **{name: instance[name] for name in ("run", "attack", "adaptive", "prior", "seed")},
                "variant": instance["variant"],
                "access": request.recipe.asks,
                "classes": len(labels),
                "per_class": config.per_class,
                "queries": target.queries - asked_before,
                "queries_shared": shared,
                "queries_allowed": config.queries,
                "queries_of_prior": request.prior_questions,
                "helpers": [agreement._asdict() for agreement in helpers.agreements],
                "objective": float(found.loss[-1]) if len(found.loss) else None,
                "target_confidence": float(found.confidence.mean()),
                **seconds,
                "seconds_helpers": helpers.seconds,
                "seconds_total": session.seconds,
                "memory_budget_bytes": budget,
                "memory_needed_bytes": size.bytes_needed,
                "memory_before_bytes": session.before.resident,
                "peak_memory_bytes": peak_memory_bytes(),
                "environment": environment(),
            }
            folder.write(SEARCH, numbers)
            names = [target.class_names[label] for label in labels]
            shown = kept["images"], names, kept.get("lookalikes")
            draw(session.out, folder.path / SHEET, lambda: sheet(*shown))
        return told(folder, numbers)

    def _created(self, instance: dict[str, Any]) -> AttackFolder:
        config, target = self.request.config, self.request.target
        stored = dataclasses.replace(config, path=config.path and str(Path(config.path).resolve()))
        prior = self.request.prior_name if config.prior else None
        adaptive = None if config.adaptive == "none" else config.adaptive
        variant = self.request.variant
        kept = {} if variant is None else {VARIANT: schema.write(variant)}
        words = [
            Path(config.attack).stem,
            prior and Path(prior).name,
            adaptive,
            f"seed{config.seed}",
        ]
        return AttackFolder.create(
            config.out,
            "-".join(filter(None, words)),
            Path("runs") if target.home is None else target.home / "attacks",
            config=schema.write(stored),
            others={INSTANCE: instance, **kept, **self.others},
        )

    def _introduce(self, folder: AttackFolder, rows: int, size: Size, budget: int) -> None:
        request, config = self.request, self.request.config
        source = f" ({request.recipe.source})" if request.recipe.source else ""
        rows *= size.classes_at_a_time
        self.session.out.print(
            f"{request.recipe.title}{source}, prior {request.prior_name}, adaptive "
            f"{request.form}: {len(request.labels)} classes x {config.per_class} on "
            f"{request.target.label}\n"
            f"classes: {_listed(request)}\n"
            f"{rows} searches side by side need {size.bytes_needed / 2**20:.0f} MiB, program and "
            f"all, of {budget / 2**20:.0f} beside the {self.session.before.resident / 2**20:.0f} "
            f"held before -> {folder.path}"
        )
        asked, found = config.prior or request.recipe.default_prior, request.prior_name
        if asked == "renderer" and found == "pixels":
            self.session.out.print(
                "no law of these pictures is known, so the prior is pixels; a generator of public "
                "pictures (python -m loft_jax.fit_prior) makes a stronger attack"
            )


def _listed(request: Request) -> str:
    names = [request.target.class_names[label] for label in request.labels]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more
