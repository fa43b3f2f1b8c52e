"""Inception equals PyTorch's, piece by piece and whole; bad archives are told what is wrong."""

import hashlib
import inspect
import re
import zipfile
from functools import cache, partial

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy.ndimage import correlate

from loft_jax.errors import InputError
from loft_jax.nets import inception
from loft_jax.nets.inception import Inception, average_pool, features, max_pool, prepare
from loft_jax.nets.inception_weights import load_inception, required
from loft_jax.nets.trunks.inception import Unit, mean_of_nine

# SHA-256 of "name shape" lines of torchvision 0.29.1's inception_v3 without AuxLogits, fc and
# num_batches_tracked, sorted.
LISTING = "b628bc492e0cd5a5ea154bb78c4637db2a10ffa3c528519b65fb723b9bb5a5ac"
# What torchvision 0.29.1 on torch 2.14.1, its pools replaced as in `torch_features`, makes of
# `weights` and `pictures`: every 64th feature, and the norm of all 2048.
RECORDED = [
    [
        0, 0.07980039, 0.3533014, 0.4312033, 0, 0.1662503, 0, 0.5101732,
        7.050483, 0.109854, 2.07948, 0, 0, 0.03560884, 4.689237, 0.7550172,
        0.1470969, 0.7228276, 0, 2.334184, 0.01789846, 0.547313, 0.3264339, 0.6792473,
        2.974771, 0.252207, 0.03424034, 3.900693, 0.0005137592, 0.009977591, 2.582566, 3.533913,
    ],
    [
        0, 0.02002239, 0.1538755, 0.2757182, 0, 0.1015636, 0, 0.3720483,
        3.165839, 0.03041958, 0.6543235, 0, 0, 0.008190894, 1.995267, 0.3492275,
        0.06148697, 0.4585782, 0, 0.9454534, 0.01903214, 0.2571185, 0.1815406, 0.3248799,
        1.361765, 0.1324369, 0.01627135, 1.680752, 0.001926629, 0, 1.129651, 2.228541,
    ],
]  # fmt: skip
NORMS = [93.09132, 42.37035]


@cache
def weights():
    """Every array random, of a size that keeps activations near 1 and lets BN's epsilon matter.

    RandomState, because NumPy promises its stream for ever.
    """
    random, drawn = np.random.RandomState(0), {}
    ranges = {
        "conv.weight": (-1, 1),
        "bn.weight": (0.5, 1.5),
        "bn.bias": (-0.1, 0.1),
        "bn.running_mean": (-0.02, 0.02),
        "bn.running_var": (0.01, 0.1),
    }
    for name, shape in sorted(required().items()):
        array = random.uniform(*ranges[".".join(name.split(".")[-2:])], shape)
        if len(shape) == 4:
            array *= np.sqrt(0.25 / np.prod(shape[1:]))
        drawn[name] = array.astype(np.float32)
    return drawn


def pictures():
    """A noisy one, and a smooth one."""
    noise = np.random.RandomState(1).randint(0, 256, (40, 53, 3))
    row, column, channel = np.indices(noise.shape)
    waves = 255 * row * (52 - column) // (39 * 52) + 40 * channel
    return np.stack([noise, waves % 256]).astype(np.uint8)


def torch_features(state, images, patch):
    """Features by torchvision's network, with the pools of FID's in place of its average pools."""
    import torch
    from torch.nn import functional
    from torchvision.models import inception_v3

    network = inception_v3(weights=None, aux_logits=False, init_weights=False).eval()
    tensors = {name: torch.from_numpy(array) for name, array in state.items()}
    lacking, unknown = network.load_state_dict(tensors, strict=False)
    assert not unknown
    rest = {name for name in lacking if not name.endswith("num_batches_tracked")}
    assert rest == {"fc.weight", "fc.bias"}
    network.fc = torch.nn.Identity()

    inside = partial(functional.avg_pool2d, count_include_pad=False)
    patch.setattr(functional, "avg_pool2d", inside)

    def last_block(*_):
        patch.setattr(functional, "avg_pool2d", functional.max_pool2d)

    network.Mixed_7c.register_forward_pre_hook(last_block)
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    x = functional.interpolate(x, (299, 299), mode="bilinear", align_corners=False)
    with torch.no_grad():
        return network(2 * x - 1).numpy()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """What `np.savez` makes of a state dict, with the arrays that are not for us."""
    path = tmp_path_factory.mktemp("inception") / "inception.npz"
    others = {"fc.weight": np.zeros((1008, 2048), np.float32), "fc.bias": np.zeros(1008)}
    others["Mixed_5b.branch1x1.bn.num_batches_tracked"] = np.int64(7)
    np.savez(path, **weights(), **others, **{"AuxLogits.fc.bias": np.zeros(3)})
    return path


@pytest.fixture(scope="module")
def network(archive):
    return load_inception(archive)


@pytest.fixture(scope="module")
def made(network):
    """Features of three pictures in batches of two: the second is padded."""
    return features(network, pictures()[[0, 1, 0]], batch=2)


def test_names_and_shapes_are_torchvisions():
    lines = sorted(f"{name} {list(shape)}" for name, shape in required().items())
    assert len(lines) == 470
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == LISTING


def test_the_trunk_has_the_published_number_of_parameters():
    leaves = nnx.to_flat_state(nnx.state(Inception(), nnx.Param))
    count = sum(int(np.prod(variable.shape)) for _, variable in leaves)
    # torchvision's inception_v3 without the auxiliary head, less its fc of 2048 x 1000 + 1000.
    assert count == 23_834_568 - 2_049_000


def test_features_are_those_recorded_from_pytorch(made):
    assert made.shape == (3, 2048)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made[:2, ::64], RECORDED, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(made[:2], axis=1), NORMS, rtol=1e-5)


def test_features_do_not_depend_on_the_batch(made):
    np.testing.assert_allclose(made[2], made[0], rtol=1e-6)


def test_features_are_torchvisions(made, monkeypatch):
    pytest.importorskip("torchvision")
    expected = torch_features(weights(), pictures(), monkeypatch)
    np.testing.assert_allclose(made[:2], expected, rtol=1e-4, atol=1e-5)


def test_one_program_serves_all_sizes_and_weights(archive, made):
    smaller = pictures()[:, :20, :30, :1]
    assert features(load_inception(archive), smaller, batch=2).shape == (2, 2048)
    assert inception._features._cache_size() == 1


def test_no_pictures_have_no_features(network):
    assert features(network, pictures()[:0]).shape == (0, 2048)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 8, 8, 3), np.float32),
        np.zeros((1, 8, 8, 2), np.uint8),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((1, 0, 8, 3), np.uint8),
    ],
)
def test_other_pictures_are_refused(network, images):
    # Unwrapped, since jaxtyping, which only tests switch on, would refuse some of them first.
    came = re.escape(f"{images.dtype} {list(images.shape)}")
    with pytest.raises(InputError, match=rf"^`images` must be uint8 .* \(RGB\), got {came}$"):
        inspect.unwrap(features)(network, images)


def test_a_batch_of_nothing_is_refused(network):
    with pytest.raises(InputError, match="`batch_size` must be at least 1, got 0"):
        features(network, pictures(), batch=0)


def bilinear(image, side=299):
    """Weights of the two nearest pixel centres on either axis; outside them, the border's."""
    for axis in (0, 1):
        pixels = image.shape[axis]
        lines = []
        for i in range(side):
            position = max(0.0, (i + 0.5) * pixels / side - 0.5)
            low = int(position)
            high = min(low + 1, pixels - 1)
            share = position - low
            lines.append((1 - share) * image.take(low, axis) + share * image.take(high, axis))
        image = np.stack(lines, axis)
    return image


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 7, 3), (6, 6, 1), (299, 4, 3), (420, 333, 3)])
def test_pictures_are_resized_bilinearly_without_antialiasing(shape):
    image = np.random.default_rng(0).random(shape)
    expected = 2 * np.broadcast_to(bilinear(image), (299, 299, 3)) - 1
    actual = prepare(jnp.asarray(image[None], jnp.float32))
    np.testing.assert_allclose(actual[0], expected, atol=2e-4)


def test_a_picture_of_the_right_size_is_only_scaled():
    image = np.random.default_rng(0).random((1, 299, 299, 3)).astype(np.float32)
    np.testing.assert_allclose(prepare(jnp.asarray(image)), 2 * image - 1, atol=1e-6)


def test_two_pixels_are_resized_as_computed_by_hand():
    # Output i sits at 2 (i + 1/2) / 299 - 1/2: before the first centre up to i = 74, after the
    # second from i = 224; in the middle, i = 149, halfway.
    row = prepare(jnp.asarray([0.25, 0.75]).reshape(1, 1, 2, 1))[0, 0, :, 0]
    expected = {0: -0.5, 74: -0.5, 75: 151 / 299 - 1, 149: 0, 224: 0.5, 298: 0.5}
    actual = np.asarray(row)[list(expected)]
    np.testing.assert_allclose(actual, list(expected.values()), atol=1e-6)


@pytest.mark.parametrize(("pool", "statistic"), [(average_pool, np.mean), (max_pool, np.max)])
@pytest.mark.parametrize(("height", "width"), [(5, 4), (1, 2)])
def test_pools_see_only_pixels_in_the_image(pool, statistic, height, width):
    x = np.random.default_rng(0).random((2, height, width, 3)).astype(np.float32) - 2
    expected = np.empty_like(x)
    for i, j in np.ndindex(height, width):
        window = x[:, max(0, i - 1) : i + 2, max(0, j - 1) : j + 2]
        expected[:, i, j] = statistic(window, (1, 2))
    np.testing.assert_allclose(pool(jnp.asarray(x)), expected, rtol=1e-6)


def test_the_trained_form_divides_by_nine_at_the_border_too():
    x = np.random.default_rng(0).random((1, 3, 4, 2)).astype(np.float32)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = np.empty_like(x)
    for i, j in np.ndindex(3, 4):
        expected[:, i, j] = padded[:, i : i + 3, j : j + 3].sum((1, 2)) / 9
    np.testing.assert_allclose(mean_of_nine(jnp.asarray(x)), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [((1, 7), 1, "SAME"), ((7, 1), 1, "SAME"), ((3, 3), 2, "VALID"), ((3, 3), 1, "VALID")],
)
def test_a_unit_is_relu_of_normalised_convolution(kernel, stride, padding):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 10, 9, 3))
    w = rng.standard_normal((*kernel, 3, 4))
    scale, bias, mean = rng.standard_normal((3, 4))
    variance = rng.uniform(0.001, 0.01, 4)
    settings = {"stride": stride, "padding": padding, "use_running_average": True}
    unit = Unit(3, 4, kernel, **settings, rngs=nnx.Rngs(0))
    unit.conv.kernel[...] = jnp.asarray(w, jnp.float32)
    for variable, array in zip(
        (unit.bn.scale, unit.bn.bias, unit.bn.mean, unit.bn.var),
        (scale, bias, mean, variance),
        strict=True,
    ):
        variable[...] = jnp.asarray(array, jnp.float32)

    y = np.zeros((2, 10, 9, 4))
    for n, i, o in np.ndindex(2, 3, 4):
        y[n, ..., o] += correlate(x[n, ..., i], w[..., i, o], mode="constant")
    if padding == "VALID":
        y = y[:, 1:-1:stride, 1:-1:stride]
    expected = np.maximum(0, scale * (y - mean) / np.sqrt(variance + 1e-3) + bias)
    np.testing.assert_allclose(unit(jnp.asarray(x, jnp.float32)), expected, rtol=1e-4, atol=1e-4)


def stem():
    """The arrays that are read before any other."""
    return {name: array for name, array in weights().items() if name.startswith("Conv2d_1a")}


def hollow(path, **changed):
    """An archive with all names, but no numbers other than in `changed`."""
    arrays = {name: np.zeros(0, np.float32) for name in required()} | changed
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def refusal(path):
    with pytest.raises(InputError) as error:
        load_inception(path)
    message = str(error.value)
    assert message.startswith(f"`{path}` must ")
    assert "\n" not in message
    return message


def first():
    """The name and the shape that are read first."""
    return next(iter(required().items()))


def test_a_missing_key_is_named(tmp_path):
    path = hollow(tmp_path / "a.npz", **{"Mixed_5b.branch1x1.conv.weight": None})
    assert refusal(path).endswith(
        "must hold `Mixed_5b.branch1x1.conv.weight`, float32 [64, 192, 1, 1], "
        "got an archive that lacks 1 of 470 arrays"
    )


@pytest.mark.parametrize(
    ("array", "came"),
    [
        (np.zeros((32, 1), np.float32), "float32 [32, 1]"),
        (np.zeros(32), "float64 [32]"),
        (np.full(32, np.nan, np.float32), "numbers that are not finite"),
        (np.array([print] * 32), "Python objects, which are never unpickled"),
    ],
)
def test_a_wrong_array_is_named(tmp_path, array, came):
    name, shape = first()
    message = refusal(hollow(tmp_path / "a.npz", **{name: array}))
    assert message.endswith(f"must hold `{name}`, float32 {list(shape)}, got {came}")


def test_kernels_in_flaxs_order_are_refused(tmp_path):
    name = "Conv2d_1a_3x3.conv.weight"
    swapped = {name: weights()[name].transpose(2, 3, 1, 0)}
    path = hollow(tmp_path / "a.npz", **(stem() | swapped))
    wanted = f"must hold `{name}`, float32 [32, 3, 3, 3], got float32 [3, 3, 3, 32]"
    assert refusal(path).endswith(wanted)


def test_a_negative_variance_is_refused(tmp_path):
    name = "Conv2d_1a_3x3.bn.running_var"
    path = hollow(tmp_path / "a.npz", **(stem() | {name: weights()[name] - 1}))
    assert "got a negative variance, -0.9" in refusal(path)


def test_pytorchs_own_file_is_refused_with_advice(tmp_path):
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"\x80\x02.")
    assert "got a file of PyTorch's (loft_jax.nets.inception_weights" in refusal(path)


def test_bytes_that_are_no_array_are_refused(tmp_path):
    name, _ = first()
    path = hollow(tmp_path / "a.npz", **{name: None})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(name, b"weights")
    assert refusal(path).endswith("got other bytes")


def test_damage_is_told(tmp_path):
    name, _ = first()
    path = hollow(tmp_path / "a.npz", **{name: np.ones(32, np.float32)})
    data = path.read_bytes()
    path.write_bytes(data.replace(np.ones(32, np.float32).tobytes(), b"\1" * 128))
    assert "got damage: Bad CRC-32" in refusal(path)


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\3\4 cut short"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "a.npz"
    came = "no such file"
    if content is not None:
        path.write_bytes(content)
        came = "one that is damaged or of another type"
    made = "an .npz file of Inception's weights, made as loft_jax.nets.inception_weights says"
    assert refusal(path).endswith(f"{made}, got {came}")
