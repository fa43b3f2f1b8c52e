"""Priors by name and by folder, and what damaged folders lead to."""

import dataclasses
import json
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.data.faces import FaceLaw
from loft_jax.errors import InputError
from loft_jax.priors import load_prior
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.archive import FILE, packed, public_hashes
from loft_jax.priors.gan import prior_of
from loft_jax.priors.networks import networks

HASHES = np.arange(3, dtype=np.uint64)


def saved(path, kind="dcgan"):
    architecture = Architecture(kind, 8, 1, 3 if kind == "plgmi" else 0, 2, 6)
    made = networks(architecture, 0)
    states = (nnx.split(part)[1] for part in (made.generator, made.discriminator))
    prior = prior_of(architecture, *states)
    (path / FILE).write_bytes(packed(prior, HASHES))
    return prior


def load(path, size=8, channels=1):
    return load_prior(str(path), size=size, channels=channels, seed=0)


def rewritten(path, **changes):
    with np.load(path / FILE) as archive:
        arrays = {name: archive[name] for name in archive.files} | changes
    kept = {name: array for name, array in arrays.items() if array is not None}
    np.savez(path / FILE, **kept)


def test_pixels_decode_to_themselves():
    prior = load_prior("pixels", size=8, channels=3, seed=0)
    latents = prior.sample(jax.random.key(0), 2)
    assert latents.shape == (2, prior.latent_dim) == (2, 192)
    assert 0 <= float(latents.min()) < float(latents.max()) <= 1
    images = prior.decode(latents, jnp.zeros(2, int))
    np.testing.assert_array_equal(images, np.asarray(latents).reshape(2, 8, 8, 3))


def test_the_renderer_prior_makes_the_pictures_of_the_law():
    prior = load_prior("renderer", size=8, channels=1, seed=0)
    private = FaceLaw(8, 1, 0, population="private")
    latents = private.latents(np.arange(2), np.zeros(2, int))
    images = prior.decode(latents, jnp.zeros(2, int))
    np.testing.assert_allclose(images, private.decode(latents), atol=1e-6)
    assert prior.latent_dim == 104


@dataclasses.dataclass(frozen=True)
class Gray:
    """A law of plain pictures: one latent, the logit of their brightness."""

    size: int
    channels: int
    seed: int
    population: str
    latent_dim: ClassVar[int] = 1
    identity_dim: ClassVar[int] = 1

    def latents(self, identities, indices):
        raise NotImplementedError

    def pictures(self, identities, pictures_per_identity, progress=None):
        raise NotImplementedError

    def decode(self, latents):
        shape = (len(latents), self.size, self.size, self.channels)
        return jnp.broadcast_to(jax.nn.sigmoid(latents)[:, :, None, None], shape)


def test_the_renderer_prior_renders_the_law_of_the_target():
    prior = load_prior("renderer", size=8, channels=1, seed=0, law=Gray)
    assert (prior.size, prior.channels, prior.latent_dim) == (8, 1, 1)
    assert prior.law.population == "public"
    odds = jnp.array([[1.0], [3.0]])
    images = jax.jit(lambda p, z: p.decode(z, jnp.zeros(2, int)))(prior, jnp.log(odds))
    np.testing.assert_allclose(images[:, 0, 0, 0], [0.5, 0.75], rtol=1e-6)


def test_samples_of_the_renderer_prior_are_standard_normal():
    latents = np.asarray(load_prior("renderer", size=8, channels=1, seed=0).sample(
        jax.random.key(0), 2000
    ))  # fmt: skip
    n = latents.size
    assert abs(latents.mean()) < 4 / np.sqrt(n)  # 4 standard errors
    assert abs(latents.var() - 1) < 4 * np.sqrt(2 / n)


@pytest.mark.parametrize("name", ["pixels", "renderer"])
def test_priors_without_a_discriminator_say_so(name):
    prior = load_prior(name, size=8, channels=1, seed=0)
    with pytest.raises(InputError, match="no discriminator"):
        prior.realness(jnp.zeros((1, 8, 8, 1)), jnp.zeros(1, int))


@pytest.mark.parametrize("kind", ["dcgan", "plgmi", "style"])
def test_a_saved_prior_comes_back_bit_for_bit(tmp_path, kind):
    before = saved(tmp_path, kind)
    after = load(tmp_path)
    assert jax.tree.structure(after) == jax.tree.structure(before)
    jax.tree.map(np.testing.assert_array_equal, after, before)
    np.testing.assert_array_equal(public_hashes(tmp_path), HASHES)


def test_a_name_that_is_neither_is_refused():
    with pytest.raises(InputError, match="`--prior` must be pixels, renderer or a folder"):
        load_prior("nowhere", size=8, channels=1, seed=0)


@pytest.mark.parametrize(("size", "channels"), [(16, 1), (8, 3)])
def test_a_prior_of_other_pictures_is_refused(tmp_path, size, channels):
    saved(tmp_path)
    with pytest.raises(InputError, match="must make pictures of"):
        load(tmp_path, size, channels)


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"must be a folder that python -m loft_jax\.fit_prior"):
        load(tmp_path)


def test_an_unfinished_prior_says_how_to_finish_it(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"finish it with .* --resume"):
        load(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "zeros", "text"])
def test_a_damaged_file_is_one_sentence(tmp_path, damage):
    saved(tmp_path)
    content = bytearray((tmp_path / FILE).read_bytes())
    if damage == "zeros":
        content[200:1200] = bytes(1000)
    (tmp_path / FILE).write_bytes(
        {"cut": bytes(content[: len(content) // 2]), "zeros": bytes(content), "text": b"no"}[damage]
    )
    with pytest.raises(InputError, match="intact") as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": None},
        {"architecture": np.array("{}")},
        {"architecture": np.array("[")},
        {"architecture": np.array(json.dumps({**Architecture("dcgan", 9, 1, 0, 2, 6)._asdict()}))},
        {"architecture": np.array(json.dumps({**Architecture("x", 8, 1, 0, 2, 6)._asdict()}))},
        {"architecture": np.array(json.dumps({**Architecture("dcgan", 8, 1, 0, 4, 6)._asdict()}))},
        {"generator": None},
        {"generator": np.zeros(2, np.float32)},
        {"generator": np.full(1, np.nan, np.float32)},
        {"generator": np.zeros(1, np.float64)},
    ],
)
def test_a_file_that_does_not_fit_its_architecture_is_refused(tmp_path, change):
    saved(tmp_path)
    with np.load(tmp_path / FILE) as archive:
        key = next(name for name in archive.files if name.startswith("generator/last/bias"))
    rewritten(tmp_path, **{key if k == "generator" else k: v for k, v in change.items()})
    with pytest.raises(InputError):
        load(tmp_path)


def test_pickled_objects_are_never_unpickled(tmp_path):
    saved(tmp_path)
    rewritten(tmp_path, architecture=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="intact"):
        load(tmp_path)
