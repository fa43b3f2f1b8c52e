"""The students that help an attack, kept beside the target: taught on first use, then read."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Integer, UInt8
from rich.console import Console

from loft_jax.errors import InputError
from loft_jax.fitting.distillation import (
    SCALED,
    Agreement,
    Distillation,
    distilled,
    student,
    student_config,
)
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.trunks.table import roles
from loft_jax.priors import archive
from loft_jax.runs import arrays, devices
from loft_jax.targets.base import Network

FORMAT = 2
"""Part of every file's name; raised when students are taught otherwise."""
READ = 256
"""Public pictures that the target answers at a time."""
SURE = 20.0
"""Logit of a class that a target is known to say: its softmax is 1 up to 1e-6."""


class Helpers(NamedTuple):
    """Students, in the order of their trunks.

    Attributes:
        classifiers: themselves, on every device of the mesh.
        agreements: how much each is like the target.
        seconds: spent now on teaching those that were not there.
    """

    classifiers: tuple[FrozenClassifier, ...]
    agreements: tuple[Agreement, ...]
    seconds: float


def helper_trunks(own: str, size: int, count: int) -> tuple[str, ...]:
    """Architectures for `count` students of a target with the trunk `own`.

    None of them is its own, nor that of a judge that is trained on the way (`roles`).

    Raises:
        InputError: if there are not so many for pictures of `size` px.
    """
    others = roles(size, other_than=own).helpers
    if len(others) < count:
        msg = (
            f"`--attack` with {count} distilled models needs as many trunks for pictures of {size} "
            f"px that neither the target nor its judges have, got {', '.join(others) or 'none'}"
        )
        raise InputError(msg)
    return others[:count]


def load_helpers(
    target: Network,
    images: UInt8[np.ndarray, "n h w ch"],
    folder: Path | None,
    mesh: Mesh,
    out: Console,
    *,
    trunks: tuple[str, ...],
    seed: int,
    settings: Distillation = SCALED,
) -> Helpers:
    """A student of each trunk, read from `folder` or taught and kept there.

    Files are named after trunk, seed and a hash of everything else that a student is made of: the
    target's weights, the public pictures and the settings. So another target, other pictures or
    other settings find nothing; a damaged file is made again.

    Args:
        target: what is attacked.
        images: public pictures, never its own.
        folder: where students are kept; made if it is not there; None keeps none.
        mesh: devices.
        out: where teaching is announced.
        trunks: the students' architectures.
        seed: of their weights and batches.
        settings: their training.

    Raises:
        InputError, DivergenceError: see `distillation.distilled`.
    """
    made_of = (target, images, repr(settings), FORMAT)
    lesson = _Lesson(images, lambda: answers(target, images, mesh), _classes(target, images.shape))
    return _students(lesson, made_of, folder, mesh, out, trunks, seed, settings)


def load_surrogates(
    labels: Integer[np.ndarray, " n"],
    classes: int,
    images: UInt8[np.ndarray, "n h w ch"],
    folder: Path | None,
    mesh: Mesh,
    out: Console,
    *,
    trunks: tuple[str, ...],
    seed: int,
    settings: Distillation,
) -> Helpers:
    """Students of a target that only says labels; else as `load_helpers`.

    Args:
        labels: what it said of the pictures.
        classes: number of its classes.
        images: public pictures, never its own.
        folder: where students are kept; None keeps none.
        mesh: devices.
        out: where teaching is announced.
        trunks: the students' architectures.
        seed: of their weights and batches.
        settings: their training.

    Raises:
        InputError, DivergenceError: see `distillation.distilled`.
    """
    made_of = (labels, classes, images, repr(settings), FORMAT)
    certain = SURE * np.eye(classes, dtype=np.float32)
    lesson = _Lesson(images, lambda: certain[labels], classes)
    return _students(lesson, made_of, folder, mesh, out, trunks, seed, settings)


class _Lesson(NamedTuple):
    """Public pictures, what makes the logits that a target answered, and its number of classes."""

    images: UInt8[np.ndarray, "n h w ch"]
    logits: Callable[[], Float[np.ndarray, "n c"]]
    classes: int


def _students(
    lesson: _Lesson,
    made_of: Any,
    folder: Path | None,
    mesh: Mesh,
    out: Console,
    trunks: tuple[str, ...],
    seed: int,
    settings: Distillation,
) -> Helpers:
    """A student of each trunk, read or taught."""
    images, shape = lesson.images, lesson.images.shape
    stem = f"seed{seed}-{arrays.fingerprint(made_of)}"
    paths = [folder and folder / f"{trunk}-{stem}.npz" for trunk in trunks]
    found = [
        _read(path, trunk, shape, lesson.classes, mesh)
        for path, trunk in zip(paths, trunks, strict=True)
    ]
    before, logits = time.perf_counter(), None
    for place, (path, trunk) in enumerate(zip(paths, trunks, strict=True)):
        if found[place] is not None:
            continue
        out.print(f"teaching a helper, once: {trunk} -> {path or 'kept nowhere'}")
        logits = lesson.logits() if logits is None else logits
        made = distilled(images, logits, mesh, trunk=trunk, seed=seed, settings=settings)
        if path is not None:
            _write(path, *made)
        found[place] = made
    seconds = 0.0 if logits is None else time.perf_counter() - before
    ready = [one for one in found if one is not None]
    return Helpers(tuple(made for made, _ in ready), tuple(like for _, like in ready), seconds)


def answers(
    target: Network, images: UInt8[np.ndarray, "n h w ch"], mesh: Mesh
) -> Float[np.ndarray, "n c"]:
    """Logits, as the target's weights give them."""
    size, parts = devices.shareable(mesh, READ), []
    for start in range(0, len(images), size):
        part = images[start : start + size]
        whole = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])
        shown = devices.share_out(mesh, whole)
        parts.append(np.asarray(_logits(target, shown))[: len(part)])
    return np.concatenate(parts)


@jax.jit
def _logits(target: Network, images: Array) -> Array:
    return target.outputs(images.astype(jnp.float32) / 255).logits


def _classes(target: Network, shape: tuple[int, ...]) -> int:
    one = jax.ShapeDtypeStruct((1, *shape[1:]), np.float32)
    return jax.eval_shape(target.outputs, one).logits.shape[1]


def _write(path: Path, classifier: FrozenClassifier, agreement: Agreement) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    leaves = {
        **archive.flat("params", classifier.params),
        **archive.flat("stats", classifier.stats),
    }
    arrays.write_arrays(path, agreement=np.array(agreement, np.float64), **leaves)


def _read(
    path: Path | None, trunk: str, shape: tuple[int, ...], classes: int, mesh: Mesh
) -> tuple[FrozenClassifier, Agreement] | None:
    """What `_write` wrote, or None if it is not there or damaged."""
    if path is None or not path.is_file():
        return None
    graphs, initialise = student(student_config(trunk, 0, SCALED), shape, classes, steps=1)
    like = jax.eval_shape(initialise)
    try:
        stored = arrays.read_arrays(path)
        params = archive.filled("params", like.params, stored)
        stats = archive.filled("stats", like.stats, stored)
        agreement = _agreement(stored["agreement"])
    except (InputError, KeyError, ValueError):
        return None
    found = FrozenClassifier(graphs.evaluate, params, stats)
    return devices.replicate(mesh, found), agreement


def _agreement(numbers: Float[np.ndarray, " 3"]) -> Agreement:
    top1, kl, pictures = numbers
    return Agreement(float(top1), float(kl), int(pictures))
