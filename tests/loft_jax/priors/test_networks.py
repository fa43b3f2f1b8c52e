"""The generators and discriminators: shapes, parts, and what each depends on."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy.special import logsumexp, softmax

from loft_jax.errors import InputError
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.doubling import doubled
from loft_jax.priors.gan import prior_of
from loft_jax.priors.networks import networks
from loft_jax.priors.resnet_gan import halved
from loft_jax.priors.style import Modulated

CONDITIONAL = ("plgmi", "plgmi-published", "tacgan")
KINDS = ("dcgan", "kedmi", "kedmi-published", *CONDITIONAL, "style")


def architecture(kind, size=8, channels=1):
    return Architecture(kind, size, channels, 0 if kind in ("dcgan", "style") else 3, 2, 6)


def prior(kind, **changes):
    made = networks(architecture(kind, **changes), 0)
    states = (nnx.split(part)[1] for part in (made.generator, made.discriminator))
    return prior_of(architecture(kind, **changes), *states)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_have_the_size_that_was_asked_for(kind, size, channels):
    def run():
        made, labels = prior(kind, size=size, channels=channels), jnp.zeros(2, int)
        images = made.decode(made.sample(jax.random.key(0), 2), labels)
        return images, made.realness(images, labels)

    images, scores = jax.eval_shape(run)
    assert images.shape == (2, size, size, channels)
    assert scores.shape == (2,)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_lie_in_the_unit_box_and_depend_on_the_latent(kind):
    made, labels = prior(kind), jnp.zeros(4, int)
    images = np.asarray(made.decode(made.sample(jax.random.key(0), 4), labels))
    assert images.min() >= 0
    assert images.max() <= 1
    assert images.std(0).mean() > 1e-4


def test_only_the_conditional_generator_asks_for_the_class():
    for kind in KINDS:
        made = prior(kind)
        if kind == "plgmi-published":  # a fresh one treats all classes alike
            scale = made.generator["blocks"][0]["norms"][0]["scale"]
            scale[...] = scale[...].at[1].set(3.0)
        latents = made.sample(jax.random.key(0), 2)
        zero, one = (made.decode(latents, jnp.full(2, k)) for k in (0, 1))
        assert np.array_equal(zero, one) != made.conditional
        assert made.conditional == (kind in CONDITIONAL)


def test_blocks_one_after_the_other_are_the_whole_style_generator():
    made, labels = prior("style", size=16), jnp.zeros(2, int)
    latents = made.sample(jax.random.key(0), 2)
    hidden = made.start(latents, labels)
    sides = []
    for index in range(made.blocks):
        hidden = made.block(index, hidden, latents, labels)
        sides.append(hidden.shape[1])
    assert sides == [4, 8, 16]
    np.testing.assert_allclose(made.to_image(hidden), made.decode(latents, labels), atol=1e-6)


def test_truncation_draws_samples_towards_the_mean_style():
    made = prior("style")
    mean = jnp.arange(6, dtype=jnp.float32)
    made.generator["mapping"]["mean"][...] = mean
    whole = made.sample(jax.random.key(0), 5)
    half = dataclasses.replace(made, truncation=0.5).sample(jax.random.key(0), 5)
    np.testing.assert_allclose(half, 0.5 * (whole + mean[None]), rtol=1e-5)


def test_a_modulated_convolution_is_one_with_scaled_and_normalised_weights_for_each_picture():
    rng = np.random.default_rng(0)
    layer = Modulated(2, 3, 4, rngs=nnx.Rngs(0))
    x, w = rng.normal(size=(2, 3, 3, 2)), rng.normal(size=(2, 4))
    kernel, style = np.asarray(layer.weight.value[...]), layer.style
    expected = np.zeros((2, 3, 3, 3))
    for n in range(2):
        scale = 1 + w[n] @ np.asarray(style.weight.value[...]) + np.asarray(style.bias[...])
        own = kernel * scale[None, None, :, None]
        own = own / np.sqrt((own**2).sum((0, 1, 2)) + 1e-8)
        padded = np.pad(x[n], [(1, 1), (1, 1), (0, 0)])
        for i in range(3):
            for j in range(3):
                expected[n, i, j] = np.tensordot(padded[i : i + 3, j : j + 3], own, 3)
    expected = np.sqrt(2 / 1.04) * np.where(expected > 0, expected, 0.2 * expected)
    found = layer(jnp.asarray(x, jnp.float32), jnp.asarray(w, jnp.float32), False)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["plgmi", "plgmi-published"])
def test_the_projection_discriminator_adds_an_inner_product_with_the_class(kind):
    made = networks(architecture(kind), 0).discriminator
    images = jnp.asarray(np.random.default_rng(0).random((3, 8, 8, 1)), jnp.float32)
    judged = [made(images, jnp.full(3, k), False) for k in range(3)]
    rows = np.asarray(made.embedding(False))
    for k in range(1, 3):
        difference = np.asarray(judged[k].features) @ (rows[k] - rows[0])
        np.testing.assert_allclose(judged[k].score - judged[0].score, difference, atol=1e-5)


def test_realness_of_a_knowledge_discriminator_is_a_log_probability():
    made = prior("kedmi")
    images = jnp.asarray(np.random.default_rng(0).random((5, 8, 8, 1)), jnp.float32)
    assert (np.asarray(made.realness(images, jnp.zeros(5, int))) < 0).all()


def test_a_knowledge_discriminator_learns_apart_how_real_a_picture_is_and_what_it_shows():
    made = networks(architecture("kedmi"), 0).discriminator
    images = jnp.asarray(np.random.default_rng(0).random((5, 8, 8, 1)), jnp.float32)
    judged = made(images, jnp.zeros(5, int), False)
    real = np.asarray(made.last(judged.features, False), float)[:, 0]
    shares = softmax(np.asarray(made.known(judged.features, False), float), axis=1)
    outputs = np.asarray(judged.logits, float)
    np.testing.assert_allclose(logsumexp(outputs, axis=1), real, atol=1e-5)  # Z = exp s
    np.testing.assert_allclose(softmax(outputs, axis=1), shares, atol=1e-5)
    np.testing.assert_allclose(judged.score, -np.log1p(np.exp(-real)), atol=1e-5)


def test_doubling_repeats_pixels_and_halving_averages_them():
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
    np.testing.assert_array_equal(doubled(jnp.asarray(x)), x.repeat(2, 1).repeat(2, 2))
    np.testing.assert_allclose(halved(doubled(jnp.asarray(x))), x, atol=1e-6)
    top = np.asarray(halved(jnp.asarray(x)))[:, 0, 0]
    np.testing.assert_allclose(top, x[:, :2, :2].mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize("kind", ["dcgan", "style"])
def test_two_priors_of_one_architecture_share_a_compiled_program(kind):
    @jax.jit
    def decode(made, latents):
        return made.decode(latents, jnp.zeros(2, int))

    for seed in range(2):
        made = prior(kind)
        made = dataclasses.replace(made, generator=jax.tree.map(lambda a: a + 0, made.generator))
        decode(made, made.sample(jax.random.key(seed), 2))
    assert decode._cache_size() == 1


def test_a_size_that_no_number_of_doublings_reaches_is_refused():
    with pytest.raises(InputError, match="`--size` must be 8, 16, 32, 64 or 128"):
        architecture("dcgan", size=24).check()
