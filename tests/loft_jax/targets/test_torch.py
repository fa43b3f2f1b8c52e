"""A PyTorch module in JAX answers and slopes as PyTorch itself says."""

import copy
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import loft_jax
from loft_jax.errors import InputError

torch = pytest.importorskip("torch")

from loft_jax.targets.pytorch import TorchTarget  # noqa: E402

KIND = {"size": 8, "channels": 3, "class_names": ("a", "b", "c", "d")}
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)


@pytest.fixture(scope="module")
def network():
    """Convolution, BatchNorm with statistics of its own, pooling and a linear layer."""
    torch.manual_seed(0)
    norm = torch.nn.BatchNorm2d(6)
    norm.running_mean.uniform_(-1, 1)
    norm.running_var.uniform_(0.5, 2)
    layers = torch.nn.Conv2d(3, 6, 3, padding=1), norm, torch.nn.Tanh(), torch.nn.AvgPool2d(4)
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(24, 4)).eval()


@pytest.fixture(scope="module")
def target(network):
    return TorchTarget(network, **KIND, mean=MEAN, std=STD)


def pictures(n):
    return np.random.default_rng(1).random((n, 8, 8, 3), np.float32)


def by_torch(network, images, weights):
    """(logits, gradient of their weighted sum by the pictures), without a line of ours."""
    x = torch.tensor(images, requires_grad=True)
    mean, std = (torch.tensor(numbers)[None, :, None, None] for numbers in (MEAN, STD))
    logits = network((x.permute(0, 3, 1, 2) - mean) / std)
    (logits * torch.tensor(weights)).sum().backward()
    return logits.detach().numpy(), x.grad.numpy()


def test_its_answers_and_gradients_are_those_of_pytorch(network, target):
    x, weights = pictures(5), np.random.default_rng(2).normal(size=(5, 4)).astype(np.float32)
    logits, slope = by_torch(network, x, weights)
    np.testing.assert_allclose(target.ask(x).logits, logits, rtol=1e-6, atol=1e-6)

    def weighted(images):
        return (target.network.outputs(images).logits * weights).sum()

    for taken in (jax.grad(weighted), jax.jit(jax.grad(weighted))):
        np.testing.assert_allclose(taken(jnp.asarray(x)), slope, rtol=1e-5, atol=1e-7)
    assert target.offers == {"label", "scores", "gradients"}
    assert target.queries == 5


def test_it_works_inside_scan_and_vmap(network, target):
    x, weights = pictures(6), np.ones((6, 4), np.float32)

    def slope(images):
        return jax.grad(lambda shown: target.network.outputs(shown).logits.sum())(images)

    stacked = jax.jit(jax.vmap(slope))(x.reshape(2, 3, 8, 8, 3))
    np.testing.assert_allclose(
        stacked.reshape(x.shape), by_torch(network, x, weights)[1], rtol=1e-5, atol=1e-7
    )
    walked, _ = jax.lax.scan(lambda at, _: (at + slope(at), None), jnp.asarray(x), length=3)
    expected = x
    for _ in range(3):
        expected = expected + by_torch(network, expected, weights)[1]
    np.testing.assert_allclose(walked, expected, rtol=1e-5, atol=1e-6)


def test_features_are_what_the_layer_that_is_named_says(network):
    target = TorchTarget(network, **KIND, mean=MEAN, std=STD, features="4")
    x, weights = pictures(3), np.random.default_rng(3).normal(size=(3, 24)).astype(np.float32)
    logits, slope = by_torch(network[:5], x, weights)  # up to the layer
    answer = target.ask(x)
    np.testing.assert_allclose(answer.features, logits, rtol=1e-6, atol=1e-6)
    head = network[5]
    np.testing.assert_allclose(
        answer.logits,
        logits @ head.weight.detach().numpy().T + head.bias.detach().numpy(),
        atol=1e-5,
    )
    found = jax.grad(lambda x: (target.network.outputs(x).features * weights).sum())(jnp.asarray(x))
    np.testing.assert_allclose(found, slope, rtol=1e-5, atol=1e-7)
    assert "features" in target.offers
    assert not network[4]._forward_hooks
    with pytest.raises(InputError, match="`features` must be one of 0, 1, 2, 3, 4, 5, got head"):
        TorchTarget(network, **KIND, features="head")


def test_where_jax_is_not_on_a_cpu_the_answers_are_the_same(network, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    target = TorchTarget(network, **KIND, mean=MEAN, std=STD)
    x, weights = pictures(2), np.ones((2, 4), np.float32)
    logits, slope = by_torch(network, x, weights)
    found, taken = jax.value_and_grad(lambda x: target.network.outputs(x).logits.sum())(
        jnp.asarray(x)
    )
    assert found == pytest.approx(logits.sum(), rel=1e-5)
    np.testing.assert_allclose(taken, slope, rtol=1e-5, atol=1e-7)


ONE_CORE = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import jax, numpy, torch
from loft_jax.targets.pytorch import TorchTarget
layers = torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(30752, 2)
net = torch.nn.Sequential(*layers).eval()
target = TorchTarget(net, size=64, channels=3, class_names=("a", "b"))
slope = jax.jit(jax.grad(lambda x: jax.nn.softmax(target.network.outputs(x).logits)[:, 0].sum()))
for shift in range(10):
    x = numpy.random.default_rng(shift).random((8, 64, 64, 3), numpy.float32)
    assert numpy.isfinite(slope(x)).all()
"""


@pytest.mark.command
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_one_core_is_enough(command_environment):
    """JAX has then a single thread, which waits while PyTorch computes."""
    subprocess.run(
        [sys.executable, "-c", ONE_CORE], check=True, timeout=300, env=command_environment
    )


def test_a_second_call_compiles_nothing(target):
    asked = jax.jit(lambda images: target.network.outputs(images).logits)
    asked(pictures(3))
    asked(pictures(3) / 2)
    assert asked._cache_size() == 1


def test_a_module_in_double_precision_answers_in_single(network):
    double = TorchTarget(copy.deepcopy(network).double(), **KIND)
    assert double.ask(pictures(2)).logits.dtype == np.float32


def test_asking_it_leaves_no_gradients_in_its_weights(network, target):
    network.zero_grad()
    jax.grad(lambda x: target.network.outputs(x).logits.sum())(jnp.asarray(pictures(2)))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_module_that_trains_is_refused_and_not_changed():
    moving = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(), torch.nn.Linear(192, 4))
    moving[0].eval()
    with pytest.raises(InputError, match=r"`module` must be in evaluation mode .* itself, 1, 2"):
        TorchTarget(moving, **KIND)
    assert moving.training


class Pair(torch.nn.Module):
    def forward(self, images):
        return images, images


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: torch.nn.Flatten(), "`module` must give 4 logits a picture"),
        (lambda: torch.nn.Linear(5, 4), r"`module` must take pictures \[b 3 8 8\] .* mat1"),
        (lambda: torch.nn.Conv2d(3, 4, 8), r"got shape \(1, 4, 1, 1\)"),
        (Pair, "got a tuple"),
    ],
)
def test_what_is_no_classifier_of_such_pictures_is_refused_in_a_sentence(made, told):
    with pytest.raises(InputError, match=told) as raised:
        TorchTarget(made().eval(), **KIND)
    assert "\n" not in str(raised.value)


def test_a_wrong_normalisation_is_refused(network):
    with pytest.raises(InputError, match="`mean` must be 3 finite numbers"):
        TorchTarget(network, **KIND, mean=(0.5,))
    with pytest.raises(InputError, match="`std` must be above 0"):
        TorchTarget(network, **KIND, std=(1.0, 0.0, 1.0))


def test_its_weights_and_normalisation_tell_it_from_others(network, target):
    again = TorchTarget(network, **KIND, mean=MEAN, std=STD)
    assert again.fingerprint == target.fingerprint
    assert TorchTarget(network, **KIND).fingerprint != target.fingerprint


@pytest.mark.command
@pytest.mark.parametrize("attack", ["mirror", "ppa"])
def test_it_is_attacked_from_pixels(attack, tmp_path):
    """Of a linear network with a bright row a class, the class's row becomes the brightest."""
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 4)).eval()
    rows = np.repeat(np.eye(8, dtype=np.float32)[:4], 8, axis=1)
    network[1].weight.data = torch.tensor(2 * rows - rows.mean(0))
    network[1].bias.data.zero_()
    target = TorchTarget(network, size=8, channels=1, class_names=KIND["class_names"])
    made = loft_jax.attack(
        target, attack=attack, prior="pixels", steps=30, candidates=128, classes="0:2",
        per_class=1, cache=False, out=str(tmp_path / "attack"),
    )  # fmt: skip
    with np.load(tmp_path / "attack" / "reconstructions.npz") as stored:
        bright = stored["images"].reshape(2, 8, 8)[:, :4].mean(2)
    assert bright.argmax(1).tolist() == [0, 1]
    assert target.queries == made.numbers["queries"] > 0
