"""A finished run with its plain head compressed to rank r, as a run folder of its own.

What evaluates or attacks a run takes it as it is: only the numbers of the head are others.
"""

import dataclasses
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Int64

from loft_jax.data.dataset import Dataset
from loft_jax.data.split import Split
from loft_jax.defenses.compression import Compressed, by_features, by_weight
from loft_jax.errors import InputError
from loft_jax.fitting.checkpoint import Checkpoints, Restored
from loft_jax.fitting.measure import measure
from loft_jax.fitting.predict import Answers, predict
from loft_jax.fitting.run_folder import RunFolder, check_free
from loft_jax.fitting.session import load_data
from loft_jax.fitting.state import blueprint
from loft_jax.fitting.step import evaluation_step
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.metrics.accuracy import accuracy, cross_entropy
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs import devices
from loft_jax.runs.environment import environment, peak_memory_bytes

Method = Literal["svd", "covariance"]

INHERITED = ("config.json", "split.json", "metrics.jsonl")
"""Files of the original run that are true of the compressed one: how its trunk came about."""


def compress_run(run: str, method: Method, rank: int, out: Path, mesh: Mesh) -> Path:
    """`out`, a run folder with the classifier of `run` behind a head of rank at most `rank`.

    The folder appears whole or not at all. It holds what training writes, but for the pictures, and
    compression.json with `of`, `method`, `rank` and `retention` (see
    `loft_jax.defenses.compression`). In result.json accuracies, ranks and `seconds_evaluate` are
    those of the compressed classifier, `best_epoch`, `seconds_compile` and `seconds_train` those of
    the training of `run`; `seconds_total` counts both.

    Args:
        run: folder of a finished run with a plain head.
        method: svd of the head's weight, or covariance of the features of the training pictures
            (not augmented; behind the head's input normalisation, if it has one).
        rank: r; 1..min(feature width, classes) for svd, 1..feature width for covariance.
        out: a new or empty folder.
        mesh: devices, all of this process.

    Raises:
        InputError: if `run` is not finished, has another head or its pictures have changed,
            `method` is unknown, `rank` is out of range, or `out` is taken or cannot be written.
        SaveError: if the checkpoint cannot be written.
    """
    started = time.perf_counter()
    if method not in get_args(Method):
        msg = f"`method` must be one of {', '.join(get_args(Method))}; got {method!r}"
        raise InputError(msg)
    check_free(out)
    folder = RunFolder.open(run)
    config, training = folder.read_config(), folder.read("result.json")
    if config.model.rank is not None:
        msg = f"`run` must have a plain head (--rank none), got {run} of rank {config.model.rank}"
        raise InputError(msg)
    original = load_trained(run, mesh)
    data = load_data(config)
    split = folder.read_split(data)
    bench = _Bench.around(original, data, mesh)
    head = _compressed(bench, original.classifier, split, method, rank)
    classifier = _with_head(original.classifier, head, mesh)
    before = time.perf_counter()
    measured = bench.measure(classifier, split.test)
    validation = bench.validation(classifier, split.validation)
    result = {
        **training,
        **{f"test_{key}" if key.startswith("accuracy") else key: measured[key] for key in measured},
        "validation_accuracy": validation.get("validation_accuracy"),
        "seconds_evaluate": time.perf_counter() - before,
        "seconds_total": training["seconds_total"] + time.perf_counter() - started,
        "peak_memory_bytes": peak_memory_bytes(),
    }
    story = {"of": run, "method": method, "rank": rank, "retention": head.retention}
    written = {"environment": environment(), "compression": story, "result": result}
    # As `loft_jax.fitting.loop` scores: by validation, without it by the step.
    score = -validation["validation_loss"] if validation else float(original.step)
    _write(out, folder, _checkpoint(original, classifier, mesh), score, written)
    return out


class _Bench(NamedTuple):
    """One compiled program that answers for the original and the compressed classifier alike."""

    step: Callable
    data: Dataset
    batch: int
    mesh: Mesh

    @classmethod
    def around(cls, run: Trained, data: Dataset, mesh: Mesh) -> "_Bench":
        # The run may have been trained on another number of devices.
        batch = -(-run.config.optim.batch // mesh.size) * mesh.size
        return cls(evaluation_step(run.classifier.graph, mesh), data, batch, mesh)

    def answers(self, classifier: FrozenClassifier, chosen: Int64[np.ndarray, "n"]) -> Answers:
        params, stats = classifier.params, classifier.stats
        return predict(self.step, params, stats, self.data.images[chosen], self.batch, self.mesh)

    def measure(
        self, classifier: FrozenClassifier, chosen: Int64[np.ndarray, "n"]
    ) -> dict[str, Any]:
        return measure(self.step, classifier, self.data, chosen, self.batch, self.mesh)

    def validation(
        self, classifier: FrozenClassifier, chosen: Int64[np.ndarray, "n"]
    ) -> dict[str, float]:
        """Accuracy and loss under the names of metrics.jsonl; nothing without pictures."""
        if not len(chosen):
            return {}
        logits, labels = self.answers(classifier, chosen).logits, self.data.labels[chosen]
        return {
            "validation_accuracy": accuracy(logits, labels).value,
            "validation_loss": cross_entropy(logits, labels),
        }


def _compressed(
    bench: _Bench, classifier: FrozenClassifier, split: Split, method: Method, rank: int
) -> Compressed:
    head, numbers = classifier.head, classifier.params["head"]["decode"]
    weight, bias = np.asarray(numbers["kernel"][...]), np.asarray(numbers["bias"][...])
    if method == "svd":
        return by_weight(weight, bias, rank)
    features = bench.answers(classifier, split.train).features
    if head.norm is not None:
        features = np.asarray(head.norm(jnp.asarray(features)))
    return by_features(weight, bias, features, rank)


def _with_head(classifier: FrozenClassifier, head: Compressed, mesh: Mesh) -> FrozenClassifier:
    """The classifier with other numbers in its plain head."""
    model = nnx.merge(classifier.graph, classifier.params, classifier.stats, copy=True)
    model.head.decode.kernel[...] = jnp.asarray(head.weight, jnp.float32)
    model.head.decode.bias[...] = jnp.asarray(head.bias, jnp.float32)
    params = devices.replicate(mesh, nnx.state(model, nnx.Param))
    return dataclasses.replace(classifier, params=params)


def _checkpoint(run: Trained, classifier: FrozenClassifier, mesh: Mesh) -> Restored:
    """The run's best checkpoint with the weights of `classifier`; the optimiser's memory stays.

    Where there is a moving average both sets of weights become those that were compressed, the
    average: one network, whichever of the two a reader takes.
    """
    _, initialise = blueprint(run.config, run.pictures, steps=1)
    checkpoints = Checkpoints(run.folder.checkpoints)
    state, progress = checkpoints.restore(run.step, devices.abstract(mesh, initialise))
    checkpoints.close()
    average = None if state.ema is None else classifier.params
    return Restored(state._replace(params=classifier.params, ema=average), progress)


def _write(
    out: Path, original: RunFolder, checkpoint: Restored, score: float, written: dict[str, Any]
) -> None:
    """Write the folder beside its place and move it there."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:
        msg = f"`out` must be a folder that can be written, got {out}: {error.strerror}"
        raise InputError(msg) from error
    with beside as place:
        # A folder within: the temporary one is closed to other users.
        folder = RunFolder(Path(place) / out.name)
        folder.path.mkdir()
        for name in INHERITED:
            shutil.copyfile(original.path / name, folder.path / name)
        for name, value in written.items():
            folder.write(f"{name}.json", value)
        checkpoints = Checkpoints(folder.checkpoints)
        checkpoints.save(checkpoint.state, checkpoint.progress, score)
        checkpoints.close()
        folder.path.rename(out)
