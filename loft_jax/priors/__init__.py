"""Where reconstructions come from: pixels, the faces' renderer, generators of public pictures."""

from loft_jax.priors.base import ImagePrior as ImagePrior
from loft_jax.priors.registry import load_prior as load_prior
