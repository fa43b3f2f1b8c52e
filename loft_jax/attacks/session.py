"""An attack from settings to reconstructions: target, prior and classes in, no private picture.

What reconstructions are worth is another job: `loft_jax.judging.session`.
"""

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loft_jax.attacks.closing import closing_table
from loft_jax.attacks.folder import FOUND, INSTANCE, SEARCH, SHEET, AttackFolder
from loft_jax.attacks.request import Request, content_of, request_for
from loft_jax.attacks.running import Size, fitting, joined, reconstruct_all
from loft_jax.attacks.settings import AttackConfig, attacked_classes
from loft_jax.attacks.sheet import sheet
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.priors import ImagePrior
from loft_jax.runs import devices, schema
from loft_jax.runs.arrays import write_arrays
from loft_jax.runs.drawing import draw
from loft_jax.runs.environment import environment, peak_memory_bytes
from loft_jax.runs.folder import check_free
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, Session, begin
from loft_jax.runs.settings import RunConfig
from loft_jax.targets.base import Target
from loft_jax.targets.run import load_run


def attack_classes(
    config: AttackConfig,
    *,
    target: Target | None = None,
    prior: ImagePrior | None = None,
    started: float | None = None,
) -> Result:
    """Reconstruct members of a target's classes.

    Args:
        config: what is asked for; with `resume`, the attack's own settings and its place.
        target: attacked instead of the run folder that `config` names.
        prior: used instead of the one that `config` names.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError: if run, recipe, prior, classes or folder are not as they must be.
        DivergenceError: if the objective is not finite.
        Stopped: if a signal came; finished chunks are saved.
    """
    check(config, target)
    with Interrupt() as interrupt:
        session = begin_attack(config, started)
        return search(prepared(config, target, prior), session, interrupt)


def check(config: AttackConfig, target: Target | None = None) -> None:
    """Check all that can be judged before JAX starts.

    Raises:
        InputError: naming the flag, what is allowed and what came.
    """
    schema.check(config)
    if target is None:
        if not config.path:
            msg = "`RUN` must be a run folder of python -m loft_jax.train, got none"
            raise InputError(msg)
        run = RunFolder.open(config.path)
        content_of(config, run.config().model.defense)
        attacked_classes(config, run.description().classes)
    if config.resume is not None:
        AttackFolder.open(config.resume, "--resume").config()
    elif config.out is not None:
        check_free(Path(config.out))  # long before it is made: evaluators may be trained first


def begin_attack(config: AttackConfig, started: float | None) -> Session:
    """The process, prepared for an attack."""
    return begin(RunConfig(device=config.device, cache=config.cache), started=started)


def prepared(config: AttackConfig, target: Target | None, prior: ImagePrior | None) -> Request:
    """The request, with target and prior loaded, in a session that has begun.

    Args:
        config: checked by `check`.
        target: see `attack_classes`.
        prior: see `attack_classes`.

    Raises:
        InputError: see `request_for`.
    """
    mesh = devices.data_mesh()
    if target is None:
        target = load_run(config.path, mesh, access=config.access, seed=config.seed)
    return request_for(config, target, mesh, prior)


def search(
    request: Request,
    session: Session,
    interrupt: Interrupt,
    *,
    later: int = 0,
    others: Mapping[str, dict[str, Any]] | None = None,
) -> Result:
    """Make what was asked for, or what is missing of it.

    Args:
        request: what was asked.
        session: of the job.
        interrupt: heeded between segments of steps.
        later: bytes that what follows in this process needs beyond its own.
        others: further JSON files of the new folder, by name.
    """
    config = request.config
    going = AttackFolder.open(config.resume, "--resume") if config.resume else None
    if going is not None and _finished(going):
        session.out.print("this attack is finished already")
        return told(going, going.read(SEARCH))
    return _Attack(request, session, interrupt, later, others or {}).result(going)


def told(folder: AttackFolder, numbers: dict[str, Any]) -> Result:
    """What an attack gives back, judged by nobody."""
    return Result(folder.path, numbers, closing_table(numbers, folder.path))


def _finished(folder: AttackFolder) -> bool:
    """Whether all is there and whole; what is damaged is made again from the chunks."""
    try:
        folder.found()
    except InputError:
        return False
    return SEARCH in folder


@dataclass(frozen=True)
class _Attack:
    request: Request
    session: Session
    interrupt: Interrupt
    later: int
    others: Mapping[str, dict[str, Any]]

    def result(self, going: AttackFolder | None) -> Result:
        """Search what is missing, then write."""
        request, session, config = self.request, self.session, self.request.config
        helpers = request.helpers(session.out)
        before, compiled = time.perf_counter(), session.clock.seconds
        attack = request.start(helpers.classifiers)
        seconds = {"seconds_candidates": time.perf_counter() - before}
        budget = int(config.memory * 2**30)
        size = fitting(attack, request.labels, config.batch, budget, later=self.later)
        instance = request.instance()
        if going is not None:
            size = size._replace(classes_at_a_time=going.check_instance(instance))
        self.interrupt.check("the same command, from the start")
        folder = going or self._created({**instance, "classes_at_a_time": size.classes_at_a_time})
        self._introduce(folder, attack.rows, size, budget)
        before = time.perf_counter()
        with folder.alone():
            found = joined(list(reconstruct_all(
                attack, request.target, request.labels, size.classes_at_a_time, folder,
                session.out, self.interrupt,
            )))  # fmt: skip
            seconds["seconds_search"] = time.perf_counter() - before
            seconds["seconds_compile"] = session.clock.seconds - compiled
            images = np.floor(255 * found.images + 0.5).astype(np.uint8)
            write_arrays(
                folder.path / FOUND, images=images, labels=request.labels, latents=found.latents,
                confidence=found.confidence,
            )  # fmt: skip
            numbers = {
                **{name: instance[name] for name in ("run", "attack", "adaptive", "prior", "seed")},
                "access": config.access,
                "classes": len(request.labels),
                "per_class": config.per_class,
                "queries": request.target.queries,
                "helpers": [agreement._asdict() for agreement in helpers.agreements],
                "objective": float(found.loss[-1]),
                "target_confidence": float(found.confidence.mean()),
                **seconds,
                "seconds_helpers": helpers.seconds,
                "seconds_total": session.seconds,
                "memory_budget_bytes": budget,
                "memory_needed_bytes": size.bytes_needed,
                "peak_memory_bytes": peak_memory_bytes(),
                "environment": environment(),
            }
            folder.write(SEARCH, numbers)
            names = [request.target.class_names[label] for label in request.labels]
            draw(session.out, folder.path / SHEET, lambda: sheet(images, names, None))
        return told(folder, numbers)

    def _created(self, instance: dict[str, Any]) -> AttackFolder:
        config, target = self.request.config, self.request.target
        stored = dataclasses.replace(config, path=config.path and str(Path(config.path).resolve()))
        prior = self.request.prior_name if config.prior else None
        adaptive = None if config.adaptive == "none" else config.adaptive
        words = [config.attack, prior and Path(prior).name, adaptive, f"seed{config.seed}"]
        return AttackFolder.create(
            config.out,
            "-".join(filter(None, words)),
            Path("runs") if target.home is None else target.home / "attacks",
            config=schema.write(stored),
            others={INSTANCE: instance, **self.others},
        )

    def _introduce(self, folder: AttackFolder, rows: int, size: Size, budget: int) -> None:
        request, config = self.request, self.request.config
        source = f" ({request.recipe.source})" if request.recipe.source else ""
        rows *= size.classes_at_a_time
        self.session.out.print(
            f"{request.recipe.title}{source}, prior {request.prior_name}, adaptive "
            f"{config.adaptive}: {len(request.labels)} classes x {config.per_class} on "
            f"{request.target.label}\n"
            f"classes: {_listed(request)}\n"
            f"{rows} searches side by side need {size.bytes_needed / 2**20:.0f} MiB, program and "
            f"all, of {budget / 2**20:.0f} -> {folder.path}"
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
