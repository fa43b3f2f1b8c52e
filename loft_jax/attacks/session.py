"""An attack from settings to closing table: what `python -m loft_jax.attack` does."""

import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from loft_jax.attacks.closing import closing_table
from loft_jax.attacks.engine import Reconstructions
from loft_jax.attacks.folder import AttackFolder, write_arrays
from loft_jax.attacks.request import Request, recipe_for, request_for
from loft_jax.attacks.running import Stopped, fitting, reconstruct_all
from loft_jax.attacks.settings import QUICK_CLASSES, AttackConfig, chosen_classes
from loft_jax.attacks.sheet import sheet
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import EXIT_SIGNAL
from loft_jax.judging.evaluators import Evaluator, load_evaluators
from loft_jax.judging.identity import BYTES as FIT_BYTES
from loft_jax.judging.identity import identity_numbers
from loft_jax.judging.inception import inception_clouds
from loft_jax.judging.knowledge import knowledge_numbers
from loft_jax.judging.measures import measured
from loft_jax.nets.inception_weights import load_inception
from loft_jax.runs import devices
from loft_jax.runs.allocator import keep_freed_memory
from loft_jax.runs.compilation import CompileClock, keep_compiled_programs
from loft_jax.runs.environment import environment, peak_memory_bytes
from loft_jax.runs.files import write_bytes
from loft_jax.runs.folder import check_free
from loft_jax.runs.session import console
from loft_jax.runs.settings import RunConfig


def attack_run(config: AttackConfig, *, started: float) -> int:
    """Attack the run at `config.path`; returns the exit code.

    Args:
        config: checked by `settings.check`. With `resume` what was asked there counts, and of this
            one only device and cache.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError: if run, recipe, prior, classes, evaluators or folder are not as they must be.
        DivergenceError: if the objective is not finite.
    """
    folder, config = _begun(config)
    # What is wrong with the request is said before JAX starts.
    recipe, classes = recipe_for(config), RunFolder.open(config.path).description().classes
    labels = chosen_classes(config.classes, classes)
    labels = labels[:QUICK_CLASSES] if config.quick else labels
    if folder is None and config.out is not None:
        check_free(Path(config.out))  # long before it is made: evaluators may be trained first
    if config.cache:
        keep_compiled_programs()
    keep_freed_memory()
    devices.start(RunConfig(device=config.device))
    clock, out = CompileClock(), console()
    request = request_for(config, recipe, labels)
    target = request.target
    if config.features is not None:
        load_inception(Path(config.features))  # a bad archive is said before the search
    evaluators, seconds_evaluators = load_evaluators(target, config.evaluators, request.mesh, out)
    helpers = request.helpers(out)

    before, compiled = time.perf_counter(), clock.seconds
    attack = request.engine(helpers.classifiers)
    seconds_candidates = time.perf_counter() - before
    budget = int(config.memory * 2**30)
    later = FIT_BYTES if request.fits_people else 0
    size = fitting(attack, labels, config.batch, budget, later=later)
    at_once, instance = size.classes_at_a_time, request.instance()
    if folder is None:
        instance["classes_at_a_time"] = at_once
        beside = target.folder.path / "attacks"
        folder = AttackFolder.begin(config.out, beside, _stem(config), config, instance)
    else:
        at_once = folder.check_instance(instance)
    _introduce(out, request, folder, at_once * attack.rows, size.bytes_needed, budget)
    before_search = time.perf_counter()
    try:
        chunks = list(reconstruct_all(attack, labels, at_once, folder, out))
    except Stopped as stop:
        out.print(
            f"stopped; finished chunks are kept, go on with\n"
            f"  python -m loft_jax.attack --resume {folder.path}",
            highlight=False,
        )
        return EXIT_SIGNAL + int(stop.args[0])
    seconds = {
        "seconds_candidates": seconds_candidates,
        "seconds_search": time.perf_counter() - before_search,
        "seconds_compile": clock.seconds - compiled,
        "seconds_evaluators": seconds_evaluators,
        "seconds_helpers": helpers.seconds,
    }

    before, found = time.perf_counter(), joined(chunks)
    numbers = _judged(request, evaluators, found, folder)
    result = {
        **{key: instance[key] for key in ("run", "attack", "adaptive", "prior", "seed")},
        "classes": len(labels),
        "per_class": config.per_class,
        **numbers,
        "helpers": [agreement._asdict() for agreement in helpers.agreements],
        "objective": float(found.loss[-1]),
        "target_confidence": float(found.confidence.mean()),
        **seconds,
        "seconds_measure": time.perf_counter() - before,
        "seconds_total": time.perf_counter() - started - seconds_evaluators,
        "memory_budget_bytes": budget,
        "memory_needed_bytes": size.bytes_needed,
        "peak_memory_bytes": peak_memory_bytes(),
        "environment": environment(),
    }
    folder.write("attack.json", result)
    out.print(closing_table(result, folder.path))
    return 0


def joined(chunks: list[Reconstructions]) -> Reconstructions:
    """All classes; the traces are means over the chunks."""
    latents, images, confidence = (
        np.concatenate([getattr(chunk, name) for chunk in chunks])
        for name in ("latents", "images", "confidence")
    )
    loss, sure = (
        np.mean([getattr(chunk, name) for chunk in chunks], 0)
        for name in ("loss", "target_confidence")
    )
    return Reconstructions(latents, images, confidence, loss, sure)


def _begun(config: AttackConfig) -> tuple[AttackFolder | None, AttackConfig]:
    """(the folder to go on in, if any, what was asked for there or now)."""
    if config.resume is None:
        return None, config
    folder, asked = AttackFolder.reopen(config.resume)
    return folder, dataclasses.replace(
        asked, resume=config.resume, device=config.device, cache=config.cache
    )


def _judged(
    request: Request, evaluators: list[Evaluator], found: Reconstructions, folder: AttackFolder
) -> dict[str, Any]:
    """Numbers for attack.json; writes pictures and outcomes on the way."""
    config, target, labels, mesh = request.config, request.target, request.labels, request.mesh
    images = np.floor(255 * found.images + 0.5).astype(np.uint8)
    private = request.private()
    numbers, outcomes = measured(evaluators, images, labels, private, mesh)
    if config.features is not None:
        numbers |= inception_clouds(config.features, images, private)
    if config.knowledge:
        extra, outcomes["knowledge"] = knowledge_numbers(images, private, mesh, config.seed)
        numbers |= extra
    if request.knows_people:
        extra, outcomes["identity_error"] = identity_numbers(
            target, request.prior, images, found.latents, labels
        )
        numbers |= extra
    write_arrays(
        folder.path / "reconstructions.npz",
        images=images, labels=labels, latents=found.latents, confidence=found.confidence,
    )  # fmt: skip
    write_arrays(folder.path / "outcomes.npz", labels=labels, **outcomes)
    shown = config.show_private or request.data.shown
    names = [target.pictures.class_names[label] for label in labels]
    picture = sheet(images, names, private.pictures if shown else None)
    write_bytes(folder.path / "reconstructions.png", picture)
    return numbers


def _stem(config: AttackConfig) -> str:
    prior = Path(config.prior).name if config.prior else None
    adaptive = None if config.adaptive == "none" else config.adaptive
    return "-".join(filter(None, [config.attack, prior, adaptive, f"seed{config.seed}"]))


def _introduce(
    out: Console, request: Request, folder: AttackFolder, rows: int, needed: int, budget: int
) -> None:
    config, recipe = request.config, request.recipe
    out.print(
        f"{recipe.title} ({recipe.source}), prior {request.prior_name}, adaptive "
        f"{config.adaptive}: {len(request.labels)} classes x {config.per_class} on "
        f"{request.target.folder.path}\n"
        f"{rows} searches side by side need {needed / 2**20:.0f} MiB, program and all, of "
        f"{budget / 2**20:.0f} -> {folder.path}",
        highlight=False,
    )
