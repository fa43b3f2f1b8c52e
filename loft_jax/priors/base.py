"""What every image prior can do: where reconstructions come from."""

import abc

from jaxtyping import Array, Float, Int, Key

from loft_jax.errors import InputError


class ImagePrior(abc.ABC):
    """A map from latents to pictures, with the law of the latents.

    Concrete priors are registered dataclass pytrees (weights are leaves, sizes static): they go
    through `jax.jit` as arguments, and two priors of one architecture share a compiled program.

    Attributes:
        size: side of the pictures in pixels.
        channels: 1 (gray) or 3 (RGB).
        latent_dim: z, the length of one latent vector.
        normal_latents: whether `sample` draws standard normal latents.
        conditional: whether `decode` uses the label it is given.
        blocks: number of synthesis blocks between which a layer-by-layer search can cut; 0 where
            there is no such cut.
    """

    size: int
    channels: int
    latent_dim: int
    normal_latents: bool = True
    conditional: bool = False
    blocks: int = 0

    @property
    def offers(self) -> frozenset[str]:
        """What a recipe may need of it: normal latents, a discriminator, classes, blocks."""
        found = {
            "normal latents": self.normal_latents,
            "discriminator": type(self).realness is not ImagePrior.realness,
            "classes": self.conditional,
            "blocks": self.blocks > 0,
        }
        return frozenset(name for name, there in found.items() if there)

    @abc.abstractmethod
    def sample(self, key: Key[Array, ""], n: int) -> Float[Array, "n z"]:
        """Latents from the prior's own law, one a row."""

    @abc.abstractmethod
    def decode(
        self, latents: Float[Array, "n z"], labels: Int[Array, " n"]
    ) -> Float[Array, "n h w ch"]:
        """Pictures in [0, 1], differentiable in the latents.

        Args:
            latents: points of latent space, not only those that `sample` draws.
            labels: target class of each; unused unless `conditional`.
        """

    def realness(
        self, images: Float[Array, "n h w ch"], labels: Int[Array, " n"]
    ) -> Float[Array, " n"]:
        """The discriminator's score, higher is more like the public pictures.

        Raises:
            InputError: if this prior has no discriminator.
        """
        msg = f"{type(self).__name__} has no discriminator, which this attack needs"
        raise InputError(msg)

    def start(
        self, latents: Float[Array, "n z"], labels: Int[Array, " n"]
    ) -> Float[Array, "n a b f"]:
        """The hidden picture that enters block 0.

        Raises:
            InputError: here, in `block` and in `to_image`, if this prior has no blocks.
        """
        raise self._whole()

    def block(
        self,
        index: int,
        hidden: Float[Array, "n a b f"],
        latents: Float[Array, "n z"],
        labels: Int[Array, " n"],
    ) -> Float[Array, "n a2 b2 f2"]:
        """The hidden picture after block `index`; `to_image` turns that of the last to pixels."""
        raise self._whole()

    def to_image(self, hidden: Float[Array, "n a b f"]) -> Float[Array, "n h w ch"]:
        """Pixels in [0, 1] of the last hidden picture."""
        raise self._whole()

    def _whole(self) -> InputError:
        return InputError(f"{type(self).__name__} has no blocks between which to search")
