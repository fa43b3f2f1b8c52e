"""The plain generator told a class, and the plain discriminator that knows which is wanted."""

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from loft_jax.priors import dcgan
from loft_jax.priors.architecture import Architecture, Judgement
from loft_jax.priors.spectral import Weight


class ClassNorm(nnx.Module):
    """Batch normalisation whose scale and shift belong to the class.

    Source: Dumoulin et al. 2017, A learned representation for artistic style.
    """

    def __init__(self, features: int, classes: int, *, rngs: nnx.Rngs):
        self.norm = nnx.BatchNorm(
            features, momentum=0.9, epsilon=1e-5, use_bias=False, use_scale=False, rngs=rngs
        )
        self.scale = nnx.Param(jnp.ones((classes, features)))
        self.shift = nnx.Param(jnp.zeros((classes, features)))

    def __call__(
        self, x: Float[Array, "b h w f"], labels: Int[Array, " b"], train: bool
    ) -> Float[Array, "b h w f"]:
        """Normalised x."""
        scale, shift = (table[...][labels][:, None, None] for table in (self.scale, self.shift))
        return self.norm(x, use_running_average=not train) * scale + shift


class Generator(dcgan.Generator):
    """The plain generator; scale and shift of each normalisation belong to the class.

    Half as many convolutions as `resnet_gan.Generator`, at twice its width: a short training draws
    faces where the residual one still draws the lattice of its doubled shortcuts.
    """

    def _norm(self, features: int, architecture: Architecture, rngs: nnx.Rngs) -> nnx.Module:
        return ClassNorm(features, architecture.classes, rngs=rngs)

    def _activated(self, k: int, x: Array, labels: Array, train: bool) -> Array:
        return jax.nn.relu(self.norms[k](x, labels, train))


class Discriminator(dcgan.Discriminator):
    """score(x, y) = linear(h(x)) + <embedding(y), sum of h(x) over the picture>.

    Source: Miyato and Koyama 2018, eq. 3.
    """

    def __init__(self, architecture: Architecture, *, rngs: nnx.Rngs):
        super().__init__(architecture._replace(classes=0), normalise=False, rngs=rngs)
        maps = architecture.maps(architecture.size >> architecture.doublings)
        spectral = architecture.spectral
        self.embedding = Weight(architecture.classes, maps, spectral=spectral, rngs=rngs)

    def __call__(
        self, images: Float[Array, "b h w ch"], labels: Int[Array, " b"], train: bool
    ) -> Judgement:
        """Judgement of pictures in [0, 1], each as one of its class."""
        hidden = self.hidden(images, train)
        features = hidden.sum((1, 2))
        projection = jnp.sum(self.embedding(train)[labels] * features, -1)
        score = self.last(hidden.reshape(len(images), -1), train)[:, 0] + projection
        return Judgement(score, features[:, :0], features)
