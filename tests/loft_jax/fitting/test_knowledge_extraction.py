"""Knowledge extraction: a student knows what it was taught, under the names it was taught."""

import jax
import numpy as np
import pytest
from flax import nnx

from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.fitting.knowledge_extraction import knowledge_extraction
from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig
from loft_jax.nets.trunks import table as registry
from loft_jax.runs.devices import data_mesh

STUDENT = TrainConfig(
    model=ModelConfig(trunk="blocks", defense=NoDefense()), optim=OptimConfig(epochs=40, batch=6)
)


class Blocks(nnx.Module):
    """A trunk that compiles at once: means of 2 x 2 blocks, one dense layer, normalisation."""

    def __init__(self, size, channels, *, dtype, rngs):
        self.dense = nnx.Linear(16, 8, dtype=dtype, rngs=rngs)
        self.norm = nnx.BatchNorm(8, momentum=0.9, dtype=dtype, rngs=rngs)

    def __call__(self, x):
        blocks = x.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)
        return jax.nn.relu(self.norm(self.dense(blocks)))


@pytest.fixture(autouse=True)
def _quick_trunk(monkeypatch):
    trunk = registry.Trunk(Blocks, lambda size: 8, 8)
    monkeypatch.setitem(registry.TRUNKS, "blocks", trunk)


def striped(n, seed):
    """n pictures of each of 3 classes: a bright row at the top, in the middle, at the bottom."""
    pictures = np.random.default_rng(seed).integers(0, 80, (3, n, 8, 8, 1), dtype=np.uint8)
    for k, row in enumerate((1, 3, 6)):
        pictures[k, :, row] += 170
    return pictures


REAL = [striped(7, 1)[0], striped(4, 2)[1], striped(9, 3)[2]]


def taught_by(reconstructions):
    return knowledge_extraction(reconstructions, REAL, data_mesh(), student=STUDENT)


def test_true_reconstructions_teach_every_class():
    right = taught_by(striped(5, 0))
    assert [len(part) for part in right] == [7, 4, 9]
    assert np.mean(np.concatenate(right)) == 1


def test_reconstructions_under_wrong_names_teach_wrong_names():
    right = taught_by(striped(5, 0)[[0, 2, 1]])
    assert [part.mean() for part in right] == [1, 0, 0]


@pytest.mark.parametrize(
    ("reconstructions", "private", "match"),
    [
        (striped(2, 0)[:1], REAL[:1], "must be of at least 2 classes, got 1"),
        (striped(2, 0), REAL[:2], "one array for each of the 3 classes, got 2"),
        (striped(2, 0), [*REAL[:2], REAL[2][:0]], r"got an array of shape \(0, 8, 8, 1\)"),
        (striped(2, 0), [*REAL[:2], REAL[2][:, :4]], r"pictures of shape \(8, 8, 1\)"),
    ],
)
def test_bad_input_is_named(reconstructions, private, match):
    with pytest.raises(InputError, match=match):
        knowledge_extraction(reconstructions, private, data_mesh(), student=STUDENT)
