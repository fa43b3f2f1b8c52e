"""An attack from settings to closing table: what `python -m loft_jax.attack` does."""

import dataclasses
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Int64

from loft_jax.attacks.adaptive import adapted, straight_through
from loft_jax.attacks.closing import closing_table
from loft_jax.attacks.compatibility import check_prior, check_strangers
from loft_jax.attacks.engine import Engine, Reconstructions
from loft_jax.attacks.evaluators import load_evaluators
from loft_jax.attacks.folder import AttackFolder, fingerprint, write_arrays
from loft_jax.attacks.identity import identity_numbers
from loft_jax.attacks.measures import Private, measured
from loft_jax.attacks.recipes import Recipe, recipe_named
from loft_jax.attacks.running import Stopped, fitting, reconstruct_all
from loft_jax.attacks.settings import AttackConfig, chosen_classes
from loft_jax.attacks.sheet import sheet
from loft_jax.config import RunConfig
from loft_jax.errors import InputError
from loft_jax.priors import ImagePrior, load_prior
from loft_jax.training import mesh as devices
from loft_jax.training.allocator import keep_freed_memory
from loft_jax.training.compilation import CompileClock, keep_compiled_programs
from loft_jax.training.environment import environment, peak_memory_bytes
from loft_jax.training.progress import console
from loft_jax.training.run_folder import RunFolder, write_bytes, write_json
from loft_jax.training.session import EXIT_SIGNAL, load_data
from loft_jax.training.trained import Trained, load_trained

QUICK_CLASSES, QUICK_EACH, QUICK_STEPS, QUICK_CANDIDATES = 4, 2, 10, 128


def attack_run(config: AttackConfig, *, started: float) -> int:
    """Attack the run at `config.path`; returns the exit code.

    Args:
        config: checked by `settings.check`.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError: if run, recipe, prior, classes, evaluators or folder are not as they must be.
    """
    # What is wrong with the request is said before JAX starts.
    pictures = RunFolder.open(config.path).read_description()
    config = _shortened(config) if config.quick else config
    recipe = recipe_for(config)
    labels = chosen_classes(config.classes, pictures.classes)
    labels = labels[:QUICK_CLASSES] if config.quick else labels
    if config.cache:
        keep_compiled_programs()
    keep_freed_memory()
    devices.start(RunConfig(device=config.device))
    clock, out, mesh = CompileClock(), console(), devices.data_mesh()
    target = load_trained(config.path, mesh)
    seed, name = target.config.run.seed, _prior_name(recipe, config)
    prior = load_prior(name, size=pictures.size, channels=pictures.channels, seed=seed)
    check_prior(config.attack, recipe, prior)
    data = load_data(target.config)
    check_strangers(name, data)
    evaluators, seconds_evaluators = load_evaluators(target, config.evaluators, mesh, out)

    before, compiled = time.perf_counter(), clock.seconds
    attack = _engine(config, recipe, target, prior, mesh)
    seconds_candidates = time.perf_counter() - before
    budget = int(config.memory * 2**30)
    size = fitting(attack, labels, config.batch, budget)
    folder = AttackFolder(_place(config, target))
    settings = _settings(config, recipe, target, prior, labels, name)
    settings = folder.begin({**settings, "classes_at_a_time": size.classes_at_a_time})
    at_once = settings["classes_at_a_time"]
    out.print(
        f"{recipe.title} ({recipe.source}), prior {name}, adaptive {config.adaptive}: "
        f"{len(labels)} classes x {config.per_class} on {target.folder.path}\n"
        f"{at_once} classes ({at_once * attack.rows} rows) at a time, their program needs "
        f"{size.program_bytes / 2**20:.0f} MiB of {budget / 2**20:.0f} -> {folder.path}",
        highlight=False,
    )
    before_search = time.perf_counter()
    try:
        chunks = list(reconstruct_all(attack, labels, at_once, folder, out))
    except Stopped as stop:
        out.print("stopped; the same command goes on from the last finished chunk")
        return EXIT_SIGNAL + int(stop.args[0])
    seconds_compile = clock.seconds - compiled
    seconds_search = time.perf_counter() - before_search

    before = time.perf_counter()
    found = joined(chunks)
    images = np.floor(255 * found.images + 0.5).astype(np.uint8)
    train = target.folder.read_split(data).train
    private = Private(data, [train[data.labels[train] == label] for label in labels])
    numbers = measured(evaluators, images, labels, private, mesh)
    if config.identity and target.config.data.data == "faces":
        numbers |= identity_numbers(target, prior, images, found.latents, labels)
    write_arrays(
        folder.path / "reconstructions.npz",
        images=images, labels=labels, latents=found.latents, confidence=found.confidence,
    )  # fmt: skip
    shown = private.pictures if config.show_private or data.name == "faces" else None
    names = [pictures.class_names[label] for label in labels]
    write_bytes(folder.path / "reconstructions.png", sheet(images, names, shown))
    result = {
        **{key: settings[key] for key in ("run", "attack", "adaptive", "prior", "seed")},
        "classes": len(labels),
        "per_class": config.per_class,
        **numbers,
        "objective": float(found.loss[-1]),
        "target_confidence": float(found.confidence.mean()),
        "seconds_candidates": seconds_candidates,
        "seconds_search": seconds_search,
        "seconds_measure": time.perf_counter() - before,
        "seconds_compile": seconds_compile,
        "seconds_evaluators": seconds_evaluators,
        "seconds_total": time.perf_counter() - started - seconds_evaluators,
        "memory_budget_bytes": budget,
        "program_bytes": size.program_bytes,
        "peak_memory_bytes": peak_memory_bytes(),
        "environment": environment(),
    }
    write_json(folder.path / "attack.json", result)
    out.print(closing_table(result, folder.path))
    return 0


def recipe_for(config: AttackConfig) -> Recipe:
    """The recipe with the command line's steps and candidates, and its adaptive form.

    Raises:
        InputError: if there is none, or it cannot be run.
    """
    recipe = recipe_named(config.attack)
    if config.steps is not None:
        phases = (dataclasses.replace(phase, steps=config.steps) for phase in recipe.search)
        recipe = dataclasses.replace(recipe, search=tuple(phases))
    if config.candidates is not None:
        selection = dataclasses.replace(recipe.selection, candidates=config.candidates)
        recipe = dataclasses.replace(recipe, selection=selection)
    return adapted(recipe, config.adaptive)


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


def _shortened(config: AttackConfig) -> AttackConfig:
    return dataclasses.replace(
        config,
        per_class=min(config.per_class, QUICK_EACH),
        steps=config.steps or QUICK_STEPS,
        candidates=config.candidates or QUICK_CANDIDATES,
    )


def _prior_name(recipe: Recipe, config: AttackConfig) -> str:
    name = config.prior or recipe.default_prior
    if name is None:
        msg = (
            f"`--prior` must be the folder of a trained prior for {config.attack}, which needs "
            f"{' and '.join(recipe.needs)}, got none; train one with python -m loft_jax.fit_prior"
        )
        raise InputError(msg)
    return name


def _engine(
    config: AttackConfig, recipe: Recipe, target: Trained, prior: ImagePrior, mesh: Mesh
) -> Engine:
    attacked = target.classifier
    if config.adaptive == "straight-through":
        attacked = straight_through(attacked)
    return Engine(
        (attacked,),
        devices.replicate(mesh, prior),
        recipe,
        target.pictures.classes,
        config.per_class,
        jax.random.key(config.seed),
        mesh,
    )


def _place(config: AttackConfig, target: Trained) -> Path:
    if config.out is not None:
        return Path(config.out)
    prior = Path(config.prior).name if config.prior else None
    parts = [config.attack, prior, None if config.adaptive == "none" else config.adaptive]
    stem = "-".join([part for part in parts if part] + [f"seed{config.seed}"])
    return target.folder.path / "attacks" / stem


def _settings(
    config: AttackConfig,
    recipe: Recipe,
    target: Trained,
    prior: ImagePrior,
    labels: Int64[np.ndarray, " k"],
    prior_name: str,
) -> dict[str, Any]:
    return {
        "run": str(target.folder.path),
        "target": fingerprint((target.classifier.params, target.classifier.stats)),
        "attack": config.attack,
        "adaptive": config.adaptive,
        "recipe": repr((recipe.objective, recipe.rule, recipe.search, recipe.selection)),
        "prior": prior_name,
        "prior_weights": fingerprint(prior),
        "labels": labels.tolist(),
        "per_class": config.per_class,
        "seed": config.seed,
    }
