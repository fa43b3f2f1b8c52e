"""Files of weights: read into the right arrays, or refused in a sentence on what is wrong."""

import hashlib
import sys
from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy
from flax import nnx

from loft_jax.errors import InputError
from loft_jax.nets.imported import resnet
from loft_jax.nets.imported.arrays import exported, taken
from loft_jax.nets.imported.file import read
from loft_jax.nets.imported.settings import ImportedWeights
from loft_jax.nets.imported.table import NAMES
from loft_jax.nets.trunks.resnet import BasicBlock, ResNet
from loft_jax.nets.trunks.table import TRUNKS, Trunk

SIZE = 8


@pytest.fixture(autouse=True)
def _small_row(monkeypatch):
    """A trunk of torchvision's names that is built in moments."""
    build = partial(ResNet, BasicBlock, (1, 1), width=2)
    monkeypatch.setitem(TRUNKS, "two_blocks", Trunk(build, lambda size: 4, 8))
    monkeypatch.setitem(NAMES, "two_blocks", resnet.NAMES)


@pytest.fixture(scope="module")
def arrays():
    """Weights of it under torchvision's names, with a head and a counter."""
    build = partial(ResNet, BasicBlock, (1, 1), width=2)
    network = build(SIZE, 3, dtype=jnp.float32, rngs=nnx.Rngs(0))
    others = {"fc.weight": np.zeros((9, 4), np.float32), "fc.bias": np.zeros(9, np.float32)}
    counter = {"bn1.num_batches_tracked": np.int64(7)}
    return {**exported(network, resnet.NAMES[0]), **others, **counter}


def saved(path, arrays):
    safetensors.numpy.save_file({k: np.asarray(v) for k, v in arrays.items()}, path)
    return str(path)


def refusal(call, *inputs):
    with pytest.raises(InputError) as error:
        call(*inputs)
    message = str(error.value)
    assert message.startswith("`--weights")
    assert "\n" not in message
    return message


def test_a_file_gives_its_arrays_what_it_leaves_and_what_pictures_it_wants(tmp_path, arrays):
    path = saved(tmp_path / "w.safetensors", arrays)
    known, found = ImportedWeights(path).loaded("two_blocks", SIZE)
    theirs = arrays["layer2.0.conv1.weight"]
    ours = found.arrays["blocks", "1", "conv1", "kernel"]
    for o, i, row, column in np.ndindex(theirs.shape):
        assert ours[row, column, i, o] == theirs[o, i, row, column]
    assert sorted(found.left) == ["fc.bias", "fc.weight"]
    assert known.sha256 == hashlib.sha256((tmp_path / "w.safetensors").read_bytes()).hexdigest()
    # PyTorch's published constants of ImageNet.
    assert known.mean == (0.485, 0.456, 0.406)
    assert known.std == (0.229, 0.224, 0.225)


def test_own_constants_of_pictures_are_kept(tmp_path, arrays):
    path = saved(tmp_path / "w.safetensors", arrays)
    asked = ImportedWeights(path, mean=(0.1, 0.2, 0.3))
    known, _ = asked.loaded("two_blocks", SIZE)
    assert (known.mean, known.std) == ((0.1, 0.2, 0.3), (0.229, 0.224, 0.225))


def test_names_of_a_network_for_several_devices_lose_their_prefix(tmp_path, arrays):
    path = saved(tmp_path / "w.safetensors", {f"module.{k}": v for k, v in arrays.items()})
    assert read(path).arrays.keys() == arrays.keys()


def test_another_file_in_its_place_is_noticed(tmp_path, arrays):
    path = saved(tmp_path / "w.safetensors", arrays)
    known, _ = ImportedWeights(path).loaded("two_blocks", SIZE)
    saved(tmp_path / "w.safetensors", arrays | {"fc.bias": np.ones(9, np.float32)})
    assert "must be the file that the run was asked to begin with" in refusal(
        known.loaded, "two_blocks", SIZE
    )


def loaded(path, trunk="two_blocks", size=SIZE):
    return ImportedWeights(str(path)).loaded(trunk, size)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer1.0.bn2.bias": None}, "which lacks layer1.0.bn2.bias"),
        ({"layer3.0.conv1.weight": np.zeros(3)}, "which has besides layer3.0.conv1.weight"),
        (
            {"conv1.weight": np.zeros((2, 3, 7, 7), np.float32)},
            r"must hold conv1.weight of [2, 3, 3, 3] for two_blocks at 8 px, got [2, 3, 7, 7]",
        ),
        ({"bn1.bias": np.float32([np.nan, 0])}, "bn1.bias of [2] for two_blocks at 8 px, got num"),
        ({"bn1.running_var": np.float32([-1, 0])}, "got a negative variance"),
    ],
)
def test_wrong_arrays_are_named(arrays, change, message):
    changed = {k: v for k, v in (arrays | change).items() if v is not None}
    assert message in refusal(taken, changed, "two_blocks", SIZE, 3, "w")


def test_many_missing_names_are_counted(arrays):
    none = {name: array for name, array in arrays.items() if name.startswith("fc")}
    message = refusal(taken, none, "two_blocks", SIZE, 3, "w")
    # A stem of 1 + 4 arrays, a block of 2 + 8, another with a shortcut of 1 + 4 besides: 30.
    assert message.endswith(" and 27 more")


def test_a_trunk_that_no_other_library_has_is_refused(arrays):
    message = refusal(taken, arrays, "small_cnn", SIZE, 3, "w")
    assert message.startswith("`--weights` must be left out for small_cnn, got w: known are those")


def test_files_that_are_none_are_refused(tmp_path, arrays):
    whole = tmp_path / "whole.safetensors"
    saved(whole, arrays)
    (tmp_path / "cut.safetensors").write_bytes(whole.read_bytes()[:-9])
    (tmp_path / "noise.safetensors").write_bytes(b"\x00" * 100)
    (tmp_path / "w.npz").write_bytes(b"PK")
    assert "no such file" in refusal(loaded, tmp_path / "none.safetensors")
    assert "a folder" in refusal(loaded, tmp_path)
    assert "a damaged one" in refusal(loaded, tmp_path / "cut.safetensors")
    assert "a damaged one" in refusal(loaded, tmp_path / "noise.safetensors")
    assert "one that ends in .npz" in refusal(loaded, tmp_path / "w.npz")


def test_without_pytorch_its_files_are_refused(tmp_path, monkeypatch):
    (tmp_path / "w.pth").write_bytes(b"PK")
    monkeypatch.setitem(sys.modules, "torch", None)
    message = refusal(loaded, tmp_path / "w.pth")
    assert "must be a .safetensors file where PyTorch is not installed" in message


def test_pytorchs_files_are_read_and_never_unpickled(tmp_path, arrays):
    torch = pytest.importorskip("torch")
    state = {name: torch.from_numpy(np.asarray(a)) for name, a in arrays.items()}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "w.pth")
    _, found = loaded(tmp_path / "w.pth")
    np.testing.assert_array_equal(found.arrays["norm", "scale"], arrays["bn1.weight"])
    torch.save(torch.nn.Linear(1, 1), tmp_path / "pickled.pth")
    assert "one that is damaged or holds more" in refusal(loaded, tmp_path / "pickled.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    assert "a list of other things" in refusal(loaded, tmp_path / "list.pth")


@pytest.mark.parametrize("changes", [{"mean": (0.5,)}, {"std": (1.0, 0.0, 1.0)}])
def test_constants_of_pictures_that_make_no_sense_are_refused(changes):
    assert refusal(ImportedWeights("w", **changes).check)
