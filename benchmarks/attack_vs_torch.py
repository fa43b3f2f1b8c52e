"""Is an attack (PPA) faster than the same attack in eager PyTorch, a step and as a whole?

The same style-based generator, classifier (small_cnn, 128 classes, 32 px) and number of steps on
both sides, weights copied; pictures, logits and the gradient of the Poincare loss by w must agree
before anything is timed. Ours and PyTorch's run in turn, in one process:

* a step: decode w, random crop, logits, Poincare loss, its gradient by w, Adam; `--rows` at a time;
* the whole attack: score 2,000 candidates, search 10 pictures of each class (70 steps), keep 5 by
  32 random views. PyTorch goes through it in two ways: class by class, each with candidates of its
  own, as public code that loops over classes does; and with the candidates scored once and as many
  rows at a time as ours, which the authors' own code comes near (once, then 25 rows at a time).

PyTorch's side is torch_ppa.py; it gets the faster of its two memory layouts. Its networks are not
compiled: eager.

Ratios are PyTorch's time over ours, with and without the seconds in which XLA compiles. The targets
are 1.0 for a step and 3 for the whole attack against the class-by-class loop. The full size takes
5 minutes on two cores with AVX-512, `--quick` one. Extra: `bench`.

    python benchmarks/attack_vs_torch.py
    taskset -c 0 python benchmarks/attack_vs_torch.py --threads 1 --cpu-time
"""

import argparse
import dataclasses
import json
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import torch
from flax import nnx
from jaxtyping import Array
from rich.console import Console
from rich.table import Table

from loft_jax.attacks.engine import SEGMENT, Engine
from loft_jax.attacks.parts.keys import row_keys
from loft_jax.attacks.parts.losses import poincare
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.recipes.ppa import PPA
from loft_jax.attacks.running import fitting
from loft_jax.attacks.search.gradient import advance, begin
from loft_jax.defenses.network import build_classifier
from loft_jax.defenses.none import NoDefense
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.priors.gan import StylePrior
from loft_jax.priors.networks import networks
from loft_jax.runs.allocator import keep_freed_memory
from loft_jax.runs.devices import data_mesh
from loft_jax.runs.environment import Memory
from torch_ppa import (
    ARCHITECTURE,
    CLASSES,
    PER_CLASS,
    SIZE,
    TorchAttack,
    torch_poincare,
    weights_of,
)

BUDGET = 8 * 2**30
STEP_TARGET, ATTACK_TARGET = 1.0, 3.0
LAYOUTS = {"default layout": torch.contiguous_format, "channels-last": torch.channels_last}
OURS, BY_CLASS, ONCE = "ours", "PyTorch, class by class", "PyTorch, candidates once"

Clock = Callable[[], float]


def shaken(state: nnx.State, seed: int) -> nnx.State:
    """The state with noise on every vector: biases and statistics of 0 and 1 hide a wrong copy."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda x: x + 0.1 * rng.random(x.shape, np.float32) * (x.ndim == 1), state)


class Ours(NamedTuple):
    """The JAX side."""

    target: FrozenClassifier
    prior: StylePrior
    recipe: GradientRecipe

    def engine(self) -> Engine:
        """Candidates are scored here."""
        bound = (self.target,), self.prior, self.recipe, CLASSES, PER_CLASS, jax.random.key(0)
        return Engine(*bound, data_mesh())

    def stepper(self, engine: Engine, rows: int, steps: int) -> Callable[[], None]:
        """A function that makes so many steps of so many rows."""
        space, rule = self.recipe.search[0].space, self.recipe.rule
        objective = self.recipe.objective_for(self.prior)
        labels = jnp.arange(rows, dtype=jnp.int32) % CLASSES
        keys = row_keys(jax.random.key(1), labels, 1)
        first = {"latents": jnp.asarray(np.resize(engine.candidates.latents, (rows, 128)))}
        state, centre = begin(space, rule, self.prior, first, labels)
        done = 0

        def step() -> None:
            nonlocal state, done
            state, _ = advance(
                space, rule, objective, steps, (self.target,), self.prior,
                engine.public, labels, keys, state, centre, jnp.int32(done),
            )  # fmt: skip
            done += steps
            jax.block_until_ready(state)

        return step


def both_sides(recipe: GradientRecipe) -> tuple[Ours, dict[str, TorchAttack]]:
    """Ours, and PyTorch's in each layout, with the same weights."""
    pair = networks(ARCHITECTURE, 0)
    generator, discriminator = shaken(nnx.state(pair.generator), 0), nnx.state(pair.discriminator)
    classifier = build_classifier(
        "small_cnn", NoDefense(), size=SIZE, channels=3, classes=CLASSES, rngs=nnx.Rngs(0)
    )
    classifier.eval()
    graph, params, stats = nnx.split(classifier, nnx.Param, nnx.BatchStat)
    target = FrozenClassifier(graph, shaken(params, 1), shaken(stats, 2))
    ours = Ours(target, StylePrior(ARCHITECTURE, generator, discriminator), recipe)
    copies = weights_of(generator), weights_of(target.params, target.stats)
    return ours, {name: TorchAttack(*copies, recipe, layout) for name, layout in LAYOUTS.items()}


def check_agreement(ours: Ours, theirs: TorchAttack) -> dict[str, float]:
    """How far pictures, logits and the loss's gradient by w are apart: ||a - b|| / ||b||.

    Of the row in the middle: now and then a ReLU within rounding of its kink goes the other way,
    which changes the gradient of its row by some thousandths.

    Raises:
        AssertionError: if one is above a thousandth: it would not be the same computation.
    """
    labels = np.arange(16)
    latents = ours.prior.sample(jax.random.key(2), len(labels))

    def loss(w: Array) -> tuple[Array, tuple[Array, Array]]:
        images = ours.prior.decode(w, jnp.asarray(labels))
        logits = ours.target.outputs(images).logits
        return poincare(logits, jnp.asarray(labels)).sum(), (images, logits)

    gradient, (images, logits) = jax.jit(jax.grad(loss, has_aux=True))(latents)
    w = torch.tensor(np.asarray(latents)).requires_grad_()
    torch_images = theirs.generator.decode(w)
    torch_logits = theirs.classifier(torch_images)
    torch_poincare(torch_logits, torch.tensor(labels)).sum().backward()
    assert w.grad is not None
    pairs = {
        "pictures": (images, torch_images.detach().permute(0, 2, 3, 1)),
        "logits": (logits, torch_logits.detach()),
        "gradient": (gradient, w.grad),
    }
    differences = {name: apart(np.asarray(a), b.numpy()) for name, (a, b) in pairs.items()}
    if not all(difference <= 1e-3 for difference in differences.values()):  # NaN is not either
        msg = f"not the same computation: {differences}"
        raise AssertionError(msg)
    return differences


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """||a - b|| / ||b|| of the row in the middle."""
    distances = np.linalg.norm((a - b).reshape(len(a), -1), axis=1)
    return float(np.median(distances / np.linalg.norm(b.reshape(len(b), -1), axis=1)))


def timed(run: Callable[[], Any], clock: Clock) -> tuple[Any, float]:
    """What it returns, and its seconds."""
    start = clock()
    value = run()
    return value, clock() - start


def step_seconds(
    ours: Ours,
    engine: Engine,
    theirs: dict[str, TorchAttack],
    options: argparse.Namespace,
    clock: Clock,
) -> dict[str, list[float]]:
    """Seconds of one step, round by round, each side in turn, after one round to warm up."""
    labels = torch.arange(options.rows) % CLASSES
    w = torch.tensor(np.resize(engine.candidates.latents, (options.rows, 128)))
    runs = {OURS: ours.stepper(engine, options.rows, options.segment)} | {
        f"PyTorch, {name}": partial(attack.search, w, labels, options.segment)
        for name, attack in theirs.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds + 1):
        for name, run in runs.items():
            seconds[name].append(timed(run, clock)[1] / options.segment)
    return {name: values[1:] for name, values in seconds.items()}


def quickest(theirs: dict[str, TorchAttack], rows: int, clock: Clock) -> str:
    """The layout whose steps of so many rows take least time."""
    labels = torch.arange(rows) % CLASSES
    seconds = {}
    for name, attack in theirs.items():
        w = attack.generator.sample(rows)
        attack.search(w, labels, 2)
        run = partial(attack.search, w, labels, 3)
        seconds[name] = min(timed(run, clock)[1] for _ in range(3))
    return min(seconds, key=lambda name: seconds[name])


class Whole(NamedTuple):
    """Seconds of whole attacks, and the layouts that PyTorch was given."""

    seconds: dict[str, dict[str, float]]
    layouts: dict[str, str]
    chunk: int


def compiled(ours: Ours, labels: np.ndarray, rows: int, clock: Clock) -> tuple[Engine, int, float]:
    """(an engine, classes at a time, seconds of compiling every program of the attack).

    The first call less the second, of as few steps as the programs allow.
    """
    phase = ours.recipe.search[0]
    segment = max(n for n in range(1, SEGMENT + 1) if phase.steps % n == 0)  # as the engine's
    short = dataclasses.replace(phase, steps=segment)
    ours = ours._replace(recipe=dataclasses.replace(ours.recipe, search=(short,)))

    def run() -> tuple[Engine, int]:
        engine = ours.engine()
        at_once = fitting(engine, labels, rows, BUDGET, Memory(0, 0)).classes_at_a_time
        engine.reconstruct(labels[:at_once], lambda _: None)
        return engine, at_once

    (engine, at_once), first = timed(run, clock)
    _, second = timed(run, clock)
    return engine, at_once, max(0.0, first - second)


def whole_attack(
    ours: Ours,
    theirs: dict[str, TorchAttack],
    labels: np.ndarray,
    at_once: int,
    clock: Clock,
) -> Whole:
    """Every class once, chunk by chunk, ours and both of PyTorch's ways in turn."""
    each = PER_CLASS * ours.recipe.selection.restarts
    layouts = {
        BY_CLASS: quickest(theirs, each, clock),
        ONCE: quickest(theirs, at_once * each, clock),
    }
    by_class, once = (theirs[layouts[way]] for way in (BY_CLASS, ONCE))
    seconds = {way: {"scoring": 0.0, "the rest": 0.0} for way in (OURS, BY_CLASS, ONCE)}
    engine, seconds[OURS]["scoring"] = timed(ours.engine, clock)
    scored, seconds[ONCE]["scoring"] = timed(once.candidates, clock)
    for start in range(0, len(labels), at_once):
        chunk = labels[start : start + at_once]
        whole = np.resize(chunk, at_once)  # filled up, so that one program serves every chunk
        run = partial(engine.reconstruct, whole, lambda _: None)
        seconds[OURS]["the rest"] += timed(run, clock)[1]
        for label in chunk.tolist():
            own, scoring = timed(by_class.candidates, clock)
            seconds[BY_CLASS]["scoring"] += scoring
            seconds[BY_CLASS]["the rest"] += timed(partial(by_class.attack, [label], own), clock)[1]
        run = partial(once.attack, chunk.tolist(), scored)
        seconds[ONCE]["the rest"] += timed(run, clock)[1]
    return Whole(seconds, layouts, at_once)


def verdict(ratio: float, target: float) -> str:
    return f"{ratio:.2f}, target {target:g}: {'met' if ratio >= target else 'missed'}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rows", type=int, default=128, help="rows of a step, most of a chunk")
    parser.add_argument("--segment", type=int, default=SEGMENT, help="steps timed together")
    parser.add_argument("--rounds", type=int, default=7, help="of such segments")
    parser.add_argument("--classes", type=int, default=50, help="classes of the whole attack")
    parser.add_argument("--quick", action="store_true", help="4 classes, 10 steps, 256 candidates")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="PyTorch's threads")
    parser.add_argument("--cpu-time", action="store_true", help="processor instead of wall time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there")
    options = parser.parse_args()
    recipe = PPA
    if options.quick:
        options.classes, options.segment, options.rounds = 4, 5, 3
        recipe = dataclasses.replace(
            recipe,
            search=(dataclasses.replace(recipe.search[0], steps=10),),
            selection=dataclasses.replace(recipe.selection, candidates=256),
        )
    keep_freed_memory()  # as the attack command does; PyTorch gains as well
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    clock = time.process_time if options.cpu_time else time.perf_counter
    labels = np.arange(options.classes)

    ours, theirs = both_sides(recipe)
    differences = [check_agreement(ours, attack) for attack in theirs.values()]
    engine, at_once, compiling = compiled(ours, labels, options.rows, clock)
    steps = step_seconds(ours, engine, theirs, options, clock)
    whole = whole_attack(ours, theirs, labels, at_once, clock)

    console = Console()
    for key in differences[0]:
        worst = max(difference[key] for difference in differences)
        console.print(f"{key}: the same to {worst:.0e}", highlight=False)
    kind = "processor" if options.cpu_time else "wall"
    medians = {name: float(np.median(values)) for name, values in steps.items()}
    ratios = {
        name: float(np.median(np.array(values) / np.array(steps[OURS])))
        for name, values in steps.items()
    }
    table = Table(title=f"a step of {options.rows} rows, {kind} time (medians)")
    for column in ("", "ms a step", "PyTorch / ours"):
        table.add_column(column, justify="left" if not column else "right")
    for name, value in medians.items():
        table.add_row(name, f"{1e3 * value:.1f}", f"{ratios[name]:.2f}")
    console.print(table)
    step_ratio = min(ratios[name] for name in ratios if name != OURS)

    totals = {way: sum(parts.values()) for way, parts in whole.seconds.items()}
    own = totals[OURS]
    table = Table(
        title=f"the whole attack, {options.classes} classes ({whole.chunk} at a time), {kind} time"
    )
    for column in ("seconds", "scoring", "the rest", "all", "/ ours", "/ (ours + compiling)"):
        table.add_column(column, justify="left" if column == "seconds" else "right")
    for way, parts in whole.seconds.items():
        cells = [parts["scoring"], parts["the rest"], totals[way]]
        quotients = [totals[way] / own, totals[way] / (own + compiling)]
        compared = [f"{x:.2f}" for x in quotients] if way != OURS else ["", ""]
        table.add_row(way, *(f"{x:.1f}" for x in cells), *compared)
    console.print(table)
    for way, layout in whole.layouts.items():
        console.print(f"{way}: {layout}.", highlight=False)
    attack_ratio = totals[BY_CLASS] / own
    console.print(
        f"XLA compiles in {compiling:.1f} s ({kind} time).\n"
        f"A step, the faster layout: {verdict(step_ratio, STEP_TARGET)}.\n"
        f"The whole attack, class by class: {verdict(attack_ratio, ATTACK_TARGET)} "
        f"(with compiling {totals[BY_CLASS] / (own + compiling):.2f}).",
        highlight=False,
    )
    if options.json:
        machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        versions = {"jax": jax.__version__, "torch": torch.__version__}
        settings = {k: v for k, v in vars(options).items() if k != "json"}
        numbers = {
            "differences": differences,
            "seconds_a_step": medians,
            "step_ratios": ratios,
            "seconds_attack": whole.seconds,
            "layouts": whole.layouts,
            "compile_seconds": compiling,
        }
        record = settings | machine | versions | numbers
        options.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
