"""A run that begins with another library's weights: those very ones, seen as they want to see."""

import json
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy
from flax import nnx

import loft_jax
from loft_jax.errors import InputError
from loft_jax.fitting import run
from loft_jax.fitting.trained import load_trained
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.imported import resnet
from loft_jax.nets.imported.arrays import exported
from loft_jax.nets.imported.table import NAMES
from loft_jax.nets.trunks.resnet import BasicBlock, ResNet
from loft_jax.nets.trunks.table import TRUNKS, Trunk
from loft_jax.runs.devices import data_mesh

# So small a rate that the weights stay what they were, to five digits.
TINY = {"data": "digits", "size": 8, "epochs": 1, "cache": False, "learning_rate": 1e-9}
BUILD = partial(ResNet, BasicBlock, (1,), width=4)


@pytest.fixture(autouse=True)
def _small_row(monkeypatch):
    monkeypatch.setitem(TRUNKS, "one_block", Trunk(BUILD, lambda size: 4, 8))
    monkeypatch.setitem(NAMES, "one_block", resnet.NAMES)


@pytest.fixture
def weights(tmp_path):
    """A file of them, for three colours."""
    network = BUILD(8, 3, dtype=jnp.float32, rngs=nnx.Rngs(7))
    safetensors.numpy.save_file(exported(network, resnet.NAMES[0]), tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def asked(weights, **flags):
    return loft_jax.train(**TINY, trunk="one_block", rank=2, weights=str(weights), **flags)


def test_killed_before_its_first_epoch_it_goes_on_without_the_file(weights, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    out, theirs = tmp_path / "run", safetensors.numpy.load_file(weights)
    with monkeypatch.context() as patch:
        patch.setattr(run, "fit", killed)
        with pytest.raises(KeyboardInterrupt):
            asked(weights, out=str(out))
    weights.unlink()
    loft_jax.train(resume=str(out))

    trained = load_trained(str(out), data_mesh())
    kept = json.loads((out / "config.json").read_text())["model"]["weights"]
    assert len(kept["sha256"]) == 64
    own = trained.classifier.params["trunk"]
    for name, ours in (("conv1", own["stem"]), ("layer1.0.conv2", own["blocks"][0]["conv2"])):
        expected = theirs[f"{name}.weight"].transpose(2, 3, 1, 0)
        np.testing.assert_allclose(ours["kernel"][...], expected, atol=1e-6)

    # ImageNet's constants, on a gray picture shown as three colours.
    images = np.random.default_rng(0).random((2, 8, 8, 1)).astype(np.float32)
    seen = (images - np.float32(kept["mean"])) / np.float32(kept["std"])
    assert seen.shape[-1] == 3
    graph, params, stats = (
        getattr(trained.classifier, part) for part in ("graph", "params", "stats")
    )
    trunk = nnx.merge(graph, params, stats).trunk
    found = jax.jit(FrozenClassifier.outputs)(trained.classifier, jnp.asarray(images))
    expected = nnx.jit(lambda trunk, x: trunk(x))(trunk, jnp.asarray(seen))
    np.testing.assert_allclose(found.features, expected, rtol=1e-5, atol=1e-6)


def test_what_does_not_fit_is_refused_before_the_folder_is_made(weights, tmp_path):
    out = tmp_path / "run"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-5])
    with pytest.raises(InputError, match=r"`--weights` must be .* a damaged one"):
        asked(weights, out=str(out))
    weights.write_bytes(whole)
    with pytest.raises(InputError, match="`--weights` must be left out beside --start-from"):
        asked(weights, out=str(out), start_from="elsewhere")
    with pytest.raises(InputError, match="`--weights-mean` and `--weights-std` must be left out"):
        loft_jax.train(**TINY, weights_mean=(0.1, 0.1, 0.1), out=str(out))
    assert not out.exists()
