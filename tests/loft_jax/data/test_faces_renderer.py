"""The renderer is a smooth map into [0, 1] in which every latent can be seen."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.data.faces import IDENTITY_DIM, NUISANCE_DIM, FaceLaw, render
from loft_jax.data.faces.fields import cosine_series
from loft_jax.data.faces.shapes import bent_ellipse, blob
from loft_jax.errors import InputError

LATENT_DIM = IDENTITY_DIM + NUISANCE_DIM
PEOPLE = 4


def people(count=PEOPLE, law=None):
    law = law or FaceLaw(size=32)
    return law.latents(np.arange(count), np.zeros(count, int))


def pictures(law, latents):
    """Pictures through the one batch shape that is compiled: that of the finite differences."""
    padded = np.zeros((2 * LATENT_DIM, LATENT_DIM), np.float32)
    padded[: len(latents)] = latents
    return np.asarray(law.decode(jnp.asarray(padded)))[: len(latents)]


def jacobian_by_differences(law, latents, step=0.02):
    """Central differences: a route that does not use automatic differentiation."""
    steps = step * jnp.eye(LATENT_DIM)
    moved = jnp.concatenate([latents[None] + steps, latents[None] - steps])
    forward, backward = np.asarray(law.decode(moved), np.float64).reshape(2, LATENT_DIM, -1)
    return (forward - backward) / (2 * step)


@pytest.fixture(scope="module", params=[3, 1], ids=["colour", "gray"])
def jacobians(request):
    law = FaceLaw(size=32, channels=request.param)
    return np.stack([jacobian_by_differences(law, latents) for latents in people()])


def test_every_one_of_the_104_latents_is_visible(jacobians):
    # Root sum of squares over pixels of the change in [0, 1] per unit of a latent; one gray level
    # in every pixel of the picture would be 32 / 255 = 0.13 (times the root of 3 in colour).
    visible = np.linalg.norm(jacobians, axis=2).mean(0)
    assert visible.shape == (LATENT_DIM,)
    assert visible.min() > 0.01


def test_the_identity_jacobian_has_rank_96_in_colour_and_94_in_gray(jacobians):
    # Without colour, warmth of the skin and colour of the iris can hardly be told from lightness.
    colour = jacobians.shape[2] == 3 * 32 * 32
    for jacobian in jacobians:
        spectrum = np.linalg.svd(jacobian[:IDENTITY_DIM], compute_uv=False)
        assert spectrum[63] > spectrum[0] / 200
        assert spectrum[95 if colour else 93] > spectrum[0] / 2000


def test_forward_derivatives_equal_central_differences():
    latents = people(1)[0]
    law = FaceLaw(size=32)
    direction = jax.random.normal(jax.random.key(5), (LATENT_DIM,)) / 10
    _, derivative = jax.jvp(law.decode, (latents[None],), (direction[None],))
    expected = np.tensordot(direction, jacobian_by_differences(law, latents, 0.01), 1)
    # Curvature leaves an error of order step^2 at the sharpest borders.
    error = np.linalg.norm(np.ravel(derivative) - expected) / np.linalg.norm(expected)
    assert error < 0.02


@pytest.mark.slow
def test_reverse_gradients_are_finite_also_at_zero_and_far_out():
    def energy(latents):
        image = render(latents[:IDENTITY_DIM], latents[IDENTITY_DIM:], 16)
        return jnp.sum((image - 0.3) ** 2), image

    zero = jnp.zeros((1, LATENT_DIM))
    far = jnp.full((1, LATENT_DIM), 20.0)
    latents = jnp.concatenate([zero, far, -far, people(13)])
    gradients, images = jax.jit(jax.vmap(jax.grad(energy, has_aux=True)))(latents)
    assert np.isfinite(gradients).all()
    assert (np.linalg.norm(gradients, axis=1) > 1e-3).all()
    assert images.min() >= 0.0
    assert images.max() <= 1.0


def test_gray_is_the_luma_of_colour():
    latents = people()
    colour = pictures(FaceLaw(size=32), latents)
    gray = pictures(FaceLaw(size=32, channels=1), latents)
    luma = 0.299 * colour[..., 0] + 0.587 * colour[..., 1] + 0.114 * colour[..., 2]
    np.testing.assert_allclose(gray[..., 0], luma, atol=2e-6)


def test_a_picture_of_64_pixels_averaged_two_by_two_is_the_one_of_32():
    latents = people(16)
    fine = np.asarray(FaceLaw(size=64).decode(latents))
    coarse = pictures(FaceLaw(size=32), latents)
    averaged = fine.reshape(16, 32, 2, 32, 2, 3).mean((2, 4))
    # A shift by one pixel of the coarse picture is the yardstick for a visible difference.
    difference = np.sqrt(np.mean((averaged - coarse) ** 2))
    shifted = np.sqrt(np.mean((np.roll(coarse, 1, axis=2) - coarse)[:, :, 1:] ** 2))
    assert difference < 0.25 * shifted


def test_bent_ellipse_is_a_circles_distance_near_its_border():
    x, y = (jnp.asarray(a, jnp.float32) for a in np.mgrid[-1:1:41j, -1:1:41j])
    circle = jnp.asarray([0.1, -0.2, 0.5, 0.5, 0.0, 0.0])
    exact = np.hypot(np.asarray(x) - 0.1, np.asarray(y) + 0.2) - 0.5
    near = np.abs(exact) < 0.1
    np.testing.assert_allclose(np.asarray(bent_ellipse(x, y, circle))[near], exact[near], atol=1e-3)


def test_blob_has_its_height_at_its_centre_and_falls_to_1_over_e_at_one_radius():
    row = jnp.asarray([0.3, 0.1, 0.2, 0.4, -0.7])
    x, y = jnp.asarray([[0.3, 0.5, 0.3]]), jnp.asarray([[0.1, 0.1, 0.5]])
    expected = [[-0.7, -0.7 / np.e, -0.7 / np.e]]
    np.testing.assert_allclose(blob(x, y, row), expected, rtol=1e-5)


def test_cosine_series_is_the_double_sum_in_its_docstring():
    rng = np.random.default_rng(0)
    u, v = rng.uniform(-1, 1, (2, 2, 3, 5))
    coefficients = rng.standard_normal((2, 4, 3))
    k, l_ = np.arange(1, 5), np.arange(3)
    scale = 1 / (1 + (k[:, None] ** 2 + l_[None] ** 2) / 2.0**2)
    scale /= np.sqrt((scale**2).sum())
    across = np.cos(np.pi * k * (u[..., None] + 1) / 2)
    along = np.cos(np.pi * l_ * (v[..., None] + 1) / 2)
    expected = np.einsum("fhwk,fkl,kl,fhwl->fhw", across, coefficients, scale, along)
    arguments = (jnp.asarray(a, jnp.float32) for a in (u, v, coefficients))
    np.testing.assert_allclose(cosine_series(*arguments, half_frequency=2.0), expected, atol=2e-5)


@pytest.mark.parametrize(
    ("size", "channels", "text"), [(0, 3, "`size` must be at least 1"), (8, 2, "`channels` must")]
)
def test_impossible_pictures_are_refused(size, channels, text):
    with pytest.raises(InputError, match=text):
        render(jnp.zeros(IDENTITY_DIM), jnp.zeros(NUISANCE_DIM), size, channels=channels)
