"""An attack from settings to closing table: what `python -m loft_jax.attack` does."""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Int64
from rich.console import Console

from loft_jax.attacks.adaptive import adapted, straight_through
from loft_jax.attacks.closing import closing_table
from loft_jax.attacks.compatibility import check_prior, check_strangers
from loft_jax.attacks.engine import Engine, Reconstructions
from loft_jax.attacks.folder import AttackFolder, fingerprint, write_arrays
from loft_jax.attacks.helpers import Helpers, helper_trunks, load_helpers
from loft_jax.attacks.judging.evaluators import load_evaluators
from loft_jax.attacks.judging.identity import identity_numbers
from loft_jax.attacks.judging.inception import inception_clouds
from loft_jax.attacks.judging.knowledge import knowledge_numbers
from loft_jax.attacks.judging.measures import Private, measured
from loft_jax.attacks.public import drawn_pictures
from loft_jax.attacks.recipes import Recipe, recipe_named
from loft_jax.attacks.running import Stopped, fitting, reconstruct_all
from loft_jax.attacks.settings import QUICK_CLASSES, AttackConfig, chosen_classes
from loft_jax.attacks.sheet import sheet
from loft_jax.config import RunConfig
from loft_jax.data.dataset import Dataset
from loft_jax.errors import InputError
from loft_jax.models.frozen import FrozenClassifier
from loft_jax.models.inception_weights import load_inception
from loft_jax.priors import ImagePrior, load_prior
from loft_jax.training import mesh as devices
from loft_jax.training.allocator import keep_freed_memory
from loft_jax.training.compilation import CompileClock, keep_compiled_programs
from loft_jax.training.environment import environment, peak_memory_bytes
from loft_jax.training.progress import console
from loft_jax.training.run_folder import RunFolder, write_bytes
from loft_jax.training.session import EXIT_SIGNAL, load_data
from loft_jax.training.trained import Trained, load_trained

LESSONS = 4096
"""Pictures that teach distilled models."""


@dataclass(frozen=True)
class Request:
    """What is attacked, how and with what: everything but the evaluators.

    Attributes:
        config: what was asked.
        recipe: with the steps and candidates asked for, in its adaptive form.
        labels: classes under attack.
        target: the classifier.
        prior: where pictures come from.
        prior_name: as `--prior` has it.
        data: the target's pictures, for judging alone.
        mesh: devices.
    """

    config: AttackConfig
    recipe: Recipe
    labels: Int64[np.ndarray, " k"]
    target: Trained
    prior: ImagePrior
    prior_name: str
    data: Dataset
    mesh: Mesh

    def engine(self, helpers: tuple[FrozenClassifier, ...]) -> Engine:
        """The recipe bound to the target and those that help it; scores the candidates."""
        attacked = self.target.classifier
        if self.config.adaptive == "straight-through":
            attacked = straight_through(attacked)
        return Engine(
            (attacked, *helpers),
            devices.replicate(self.mesh, self.prior),
            self.recipe,
            self.target.pictures.classes,
            self.config.per_class,
            jax.random.key(self.config.seed),
            self.mesh,
        )

    def helpers(self, out: Console) -> Helpers:
        """Distilled models, as many as the recipe asks for, taught by the prior's own pictures."""
        count, target = self.recipe.helpers, self.target
        if not count:
            return Helpers((), (), 0.0)
        trunks = helper_trunks(target.config.model.trunk, self.prior.size, count)
        key = jax.random.key(self.config.seed)
        images = drawn_pictures(self.prior, target.pictures.classes, key, LESSONS)
        folder = target.folder.path / "helpers"
        return load_helpers(
            target.classifier, images, folder, self.mesh, out, trunks=trunks, seed=self.config.seed
        )

    def instance(self) -> dict[str, Any]:
        """What tells this attack from every other: names, and fingerprints of the networks."""
        recipe = self.recipe
        return {
            "run": str(self.target.folder.path),
            "target": fingerprint((self.target.classifier.params, self.target.classifier.stats)),
            "attack": self.config.attack,
            "adaptive": self.config.adaptive,
            "recipe": repr((recipe.objective, recipe.rule, recipe.search, recipe.selection)),
            "prior": self.prior_name,
            "prior_weights": fingerprint(self.prior),
            "labels": self.labels.tolist(),
            "per_class": self.config.per_class,
            "seed": self.config.seed,
        }

    def private(self) -> Private:
        """The target's pictures of the attacked classes."""
        split = self.target.folder.read_split(self.data)
        return Private(
            self.data,
            *(
                [part[self.data.labels[part] == label] for label in self.labels]
                for part in (split.train, split.test)
            ),
        )


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
    folder = None
    if config.resume is not None:
        folder, asked = AttackFolder.reopen(config.resume)
        config = dataclasses.replace(
            asked, resume=config.resume, device=config.device, cache=config.cache
        )
    # What is wrong with the request is said before JAX starts.
    recipe, classes = recipe_for(config), RunFolder.open(config.path).read_description().classes
    labels = chosen_classes(config.classes, classes)
    labels = labels[:QUICK_CLASSES] if config.quick else labels
    if config.cache:
        keep_compiled_programs()
    keep_freed_memory()
    devices.start(RunConfig(device=config.device))
    clock, out = CompileClock(), console()
    request = _request(config, recipe, labels)
    target, mesh = request.target, request.mesh
    if config.features is not None:
        load_inception(Path(config.features))  # a bad archive is said before the search
    evaluators, seconds_evaluators = load_evaluators(target, config.evaluators, mesh, out)

    helpers = request.helpers(out)
    before, compiled = time.perf_counter(), clock.seconds
    attack = request.engine(helpers.classifiers)
    seconds_candidates = time.perf_counter() - before
    budget = int(config.memory * 2**30)
    size = fitting(attack, labels, config.batch, budget)
    at_once, instance = size.classes_at_a_time, request.instance()
    if folder is None:
        instance["classes_at_a_time"] = at_once
        folder = AttackFolder.begin(
            config.out, target.folder.path / "attacks", _stem(config), config, instance
        )
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
    seconds_compile = clock.seconds - compiled
    seconds_search = time.perf_counter() - before_search

    before = time.perf_counter()
    found = joined(chunks)
    images = np.floor(255 * found.images + 0.5).astype(np.uint8)
    private = request.private()
    numbers, outcomes = measured(evaluators, images, labels, private, mesh)
    if config.features is not None:
        numbers |= inception_clouds(config.features, images, private)
    if config.knowledge:
        extra, outcomes["knowledge"] = knowledge_numbers(images, private, mesh, config.seed)
        numbers |= extra
    if config.identity and target.config.data.data == "faces":
        extra, outcomes["identity_error"] = identity_numbers(
            target, request.prior, images, found.latents, labels
        )
        numbers |= extra
    write_arrays(
        folder.path / "reconstructions.npz",
        images=images, labels=labels, latents=found.latents, confidence=found.confidence,
    )  # fmt: skip
    shown = config.show_private or request.data.name == "faces"
    names = [target.pictures.class_names[label] for label in labels]
    picture = sheet(images, names, private.pictures if shown else None)
    write_bytes(folder.path / "reconstructions.png", picture)
    write_arrays(folder.path / "outcomes.npz", labels=labels, **outcomes)
    result = {
        **{key: instance[key] for key in ("run", "attack", "adaptive", "prior", "seed")},
        "classes": len(labels),
        "per_class": config.per_class,
        **numbers,
        "helpers": [agreement._asdict() for agreement in helpers.agreements],
        "objective": float(found.loss[-1]),
        "target_confidence": float(found.confidence.mean()),
        "seconds_candidates": seconds_candidates,
        "seconds_search": seconds_search,
        "seconds_measure": time.perf_counter() - before,
        "seconds_compile": seconds_compile,
        "seconds_evaluators": seconds_evaluators,
        "seconds_helpers": helpers.seconds,
        "seconds_total": time.perf_counter() - started - seconds_evaluators,
        "memory_budget_bytes": budget,
        "memory_needed_bytes": size.bytes_needed,
        "peak_memory_bytes": peak_memory_bytes(),
        "environment": environment(),
    }
    folder.write("attack.json", result)
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


def _request(config: AttackConfig, recipe: Recipe, labels: Int64[np.ndarray, " k"]) -> Request:
    mesh = devices.data_mesh()
    target = load_trained(config.path, mesh)
    pictures, name = target.pictures, config.prior or recipe.default_prior
    if name is None:
        msg = (
            f"`--prior` must be the folder of a trained prior for {config.attack}, which needs "
            f"{' and '.join(recipe.needs)}, got none; train one with python -m loft_jax.fit_prior"
        )
        raise InputError(msg)
    prior = load_prior(
        name, size=pictures.size, channels=pictures.channels, seed=target.config.run.seed
    )
    check_prior(config.attack, recipe, prior)
    data = load_data(target.config)
    check_strangers(name, data)
    return Request(config, recipe, labels, target, prior, name, data, mesh)


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
