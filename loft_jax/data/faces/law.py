"""The law of the synthetic faces: who there is, how they are posed, and what that looks like."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int32, Key, UInt8, UInt32

from loft_jax.data.faces.renderer import check_picture, render
from loft_jax.data.faces.traits import IDENTITY_DIM, NUISANCE_DIM
from loft_jax.errors import InputError

LATENT_DIM = IDENTITY_DIM + NUISANCE_DIM
CHUNK = 128
"""Pictures rendered by one call: they fit a processor's cache and occupy several cores."""

_POPULATIONS = ("private", "public")


@dataclass(frozen=True)
class FaceLaw:
    """A population of people and the camera that takes their pictures.

    Person k is identity(k) ~ N(0, I_96); picture i of person k adds nuisance(k, i) ~ N(0, I_8).
    Each is a function of (seed, population, k, i) alone. The private and the public population of
    one seed share no random key: an attacker with the public one knows the law, not the people.

    Raises:
        InputError: on construction, if a field is out of its range.
    """

    latent_dim: ClassVar[int] = LATENT_DIM
    identity_dim: ClassVar[int] = IDENTITY_DIM

    size: int = 32
    """Height and width of a picture in pixels."""
    channels: int = 3
    """3 for colour, 1 for luma."""
    seed: int = 0
    """Which world; at least 0 and below 2^32."""
    population: Literal["private", "public"] = "private"
    """Whose faces: those a classifier is trained on, or others."""

    def __post_init__(self) -> None:
        check_picture(self.size, self.channels)
        if not 0 <= self.seed < 2**32:
            msg = f"`seed` must be at least 0 and below 2^32, got {self.seed}."
            raise InputError(msg)
        if self.population not in _POPULATIONS:
            msg = f"`population` must be 'private' or 'public', got {self.population!r}."
            raise InputError(msg)

    def key(self) -> Key[Array, ""]:
        """Returns the random key from which all keys of this population are folded."""
        return jax.random.fold_in(jax.random.key(self.seed), _POPULATIONS.index(self.population))

    def identity(self, k: int) -> Float[Array, "96"]:
        """Returns the identity latents of person `k`."""
        return self.latents(np.array([k]), np.array([0]))[0, :IDENTITY_DIM]

    def nuisance(self, k: int, index: int) -> Float[Array, "8"]:
        """Returns the nuisance latents of picture `index` of person `k`."""
        return self.latents(np.array([k]), np.array([index]))[0, IDENTITY_DIM:]

    def latents(
        self, identities: Int[np.ndarray, "n"], indices: Int[np.ndarray, "n"]
    ) -> Float[Array, "n 104"]:
        """Returns identity and nuisance latents, side by side, of picture i of person k.

        Compiled once for each n.

        Raises:
            InputError: if a number is negative.
        """
        for name, numbers in (("identities", identities), ("indices", indices)):
            if numbers.size and numbers.min() < 0:
                msg = f"`{name}` must be at least 0, got {numbers.min()}."
                raise InputError(msg)
        return _latents(self.key(), identities.astype(np.uint32), indices.astype(np.uint32))

    def decode(self, latents: Float[Array, "n 104"]) -> Float[Array, "n size size channels"]:
        """Returns the pictures of the latents in [0, 1]: the map an attacker may invert.

        Compiled once for each n; differentiable in forward and reverse mode.
        """
        return _decode(latents, self.size, self.channels)

    def pictures(
        self,
        identities: int,
        pictures_per_identity: int,
        progress: Callable[[int], None] | None = None,
    ) -> tuple[UInt8[np.ndarray, "n h w ch"], Int32[np.ndarray, "n"]]:
        """Returns the first pictures of the first people and whose they are, grouped by person.

        Args:
            identities: number of people, labelled 0 to identities - 1.
            pictures_per_identity: pictures of each, with index 0 to pictures_per_identity - 1.
            progress: called after each chunk with the number of pictures rendered so far.

        Raises:
            InputError: if a count is less than 1, or there are 2^32 pictures.
        """
        for name, count in (
            ("identities", identities),
            ("pictures_per_identity", pictures_per_identity),
        ):
            if count < 1:
                msg = f"`{name}` must be at least 1, got {count}."
                raise InputError(msg)
        count = identities * pictures_per_identity
        if count >= 2**32:
            msg = f"`identities` x `pictures_per_identity` must be below 2^32, got {count}."
            raise InputError(msg)
        images = np.empty((count, self.size, self.size, self.channels), np.uint8)
        number = np.arange(count, dtype=np.uint32)
        key = self.key()
        for start in range(0, count, CHUNK):
            end = min(start + CHUNK, count)
            # The last chunk is filled up, so that one compiled program renders any number.
            filled = np.resize(number[start:end], CHUNK)
            person, index = np.divmod(filled, np.uint32(pictures_per_identity))
            chunk = _picture_chunk(key, person, index, self.size, self.channels)
            images[start:end] = np.asarray(chunk)[: end - start]
            if progress is not None:
                progress(end)
        return images, (number // pictures_per_identity).astype(np.int32)


@jax.jit
def _latents(
    key: Key[Array, ""],
    identities: UInt32[Array, "n"],
    indices: UInt32[Array, "n"],
) -> Float[Array, "n 104"]:
    def draw(k, place):
        return jax.random.normal(
            jax.random.fold_in(jax.random.fold_in(key, k), place), (IDENTITY_DIM,)
        )

    # Place 0 of a person's stream is the person, place i + 1 is picture i. Both are drawn by one
    # batch, because a random generator is slow to compile.
    places = jnp.concatenate([jnp.zeros_like(indices), indices + 1])
    draws = jax.vmap(draw)(jnp.tile(identities, 2), places)
    person, pose = jnp.split(draws, 2)
    return jnp.concatenate([person, pose[:, :NUISANCE_DIM]], axis=1)


@partial(jax.jit, static_argnums=(1, 2))
def _decode(
    latents: Float[Array, "n 104"], size: int, channels: int
) -> Float[Array, "n size size channels"]:
    def picture(z):
        return render(z[:IDENTITY_DIM], z[IDENTITY_DIM:], size, channels=channels)

    return jax.vmap(picture)(latents)


@partial(jax.jit, static_argnums=(3, 4))
def _picture_chunk(
    key: Key[Array, ""],
    identities: UInt32[Array, "n"],
    indices: UInt32[Array, "n"],
    size: int,
    channels: int,
) -> UInt8[Array, "n size size channels"]:
    images = _decode(_latents(key, identities, indices), size, channels)
    return jnp.floor(255.0 * images + 0.5).astype(jnp.uint8)
