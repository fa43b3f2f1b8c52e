"""A model is found by the name that a user gives it, or refused in one sentence."""

import textwrap

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.targets.spec import load_spec

KIND = {"size": 2, "channels": 3, "class_names": ("a", "b", "c")}
X = np.random.default_rng(1).random((4, 2, 2, 3), np.float32)
W = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)

MODEL = """
    import numpy as np
    import jax.numpy as jnp
    from flax import nnx
    from weights_of_mine import W
    from textwrap import dedent

    def linear(images):
        return images.reshape(len(images), -1) @ W

    def other(images):
        return linear(images)[:, :2]

    def broken(images):
        raise RuntimeError("no such\\nluck")

    class Net(nnx.Module):
        def __init__(self):
            self.norm = nnx.BatchNorm(12, rngs=nnx.Rngs(0))
            self.drop = nnx.Dropout(0.5, rngs=nnx.Rngs(0))
            self.norm.mean[...], self.norm.var[...] = jnp.full(12, 0.25), jnp.full(12, 4.0)

        def __call__(self, images):
            return self.drop(self.norm(images.reshape(len(images), -1))) @ W

    net = Net()
    number = 3
"""


@pytest.fixture
def model(tmp_path):
    # A name that is a library's: the user's file does not stand in its way.
    np.save(tmp_path / "w.npy", W)
    beside = f"import numpy\nW = numpy.load({str(tmp_path / 'w.npy')!r})\n"
    (tmp_path / "weights_of_mine.py").write_text(beside)
    path = tmp_path / "jax.py"
    path.write_text(textwrap.dedent(MODEL))
    return path


def test_a_function_is_found_with_what_its_file_imports_beside_it(model):
    target = load_spec(f"{model}:linear", **KIND)
    np.testing.assert_allclose(target.ask(X).logits, X.reshape(4, -1) @ W, atol=1e-5)
    assert target.label == "function linear"


def test_a_flax_module_answers_in_evaluation_mode(model):
    target = load_spec(f"{model}:net", **KIND)
    expected = (X.reshape(4, -1) - 0.25) / np.sqrt(4 + 1e-5) @ W  # running averages, no dropout
    np.testing.assert_allclose(target.ask(X).logits, expected, atol=1e-5)
    assert target.offers == {"label", "scores", "gradients"}


def test_a_target_is_taken_as_it_is_if_it_fits(model):
    with model.open("a") as file:
        file.write("from loft_jax.targets.callback import CallbackTarget\n")
        file.write("ask = lambda x: linear(x).argmax(1)\n")
        file.write(f"server = CallbackTarget(ask, **{KIND})\n")
    target = load_spec(f"{model}:server", **KIND)
    np.testing.assert_array_equal(target.ask(X).label, (X.reshape(4, -1) @ W).argmax(1))
    with pytest.raises(InputError, match=r"must be a target of size 3, .* got server of size 2"):
        load_spec(f"{model}:server", **{**KIND, "size": 3})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing", r"`MODEL` must name an object in .* \(linear, other, broken, net\), got mis"),
        ("number", "`MODEL` must be a Flax NNX module, .* got number, a int"),
        ("Net", r"got Net, a .* \(make one, and name that\)"),
        ("other", r"`function` must give 3 logits a picture, one for each name, got \(2,\)"),
        ("broken", "`function` must take pictures of shape .* no such luck"),
    ],
)
def test_what_is_no_such_model_is_refused(model, name, told):
    with pytest.raises(InputError, match=told):
        load_spec(f"{model}:{name}", **KIND)


@pytest.mark.parametrize("text", ["net", "net.py", "net.py:", ":net", "net.txt:net"])
def test_a_name_without_its_parts_is_refused(text):
    with pytest.raises(InputError, match=r"`MODEL` must be FILE.py:NAME or http://127.0.0.1:PORT"):
        load_spec(text, **KIND)


@pytest.mark.parametrize("fails", ["import nothing_of_this_name", "1 +", "raise SystemExit(3)"])
def test_a_file_that_is_missing_or_fails_is_refused(tmp_path, fails):
    with pytest.raises(InputError, match=r"must name a Python file, got .*away\.py"):
        load_spec(f"{tmp_path / 'away.py'}:net", **KIND)
    path = tmp_path / "net.py"
    path.write_text(fails)
    with pytest.raises(InputError, match=r"must name a file that imports, got \w+ from"):
        load_spec(f"{path}:net", **KIND)


def test_another_machine_is_refused():
    with pytest.raises(InputError, match="`url` must be an address of this machine"):
        load_spec("https://example.com/predict", **KIND)


def test_a_pytorch_module_is_found(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "net.py"
    layers = "torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 3, bias=False))"
    path.write_text(f"import torch\ntorch.manual_seed(0)\nnet = {layers}.eval()\n")
    target = load_spec(f"{path}:net", **KIND)
    torch.manual_seed(0)
    weight = torch.nn.Linear(12, 3, bias=False).weight.detach().numpy()
    flat = X.transpose(0, 3, 1, 2).reshape(4, -1)
    np.testing.assert_allclose(target.ask(X).logits, flat @ weight.T, atol=1e-5)
