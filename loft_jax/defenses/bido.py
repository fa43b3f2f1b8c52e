"""BiDO: hidden layers shall depend little on the picture, and much on its label."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import jax
import jax.numpy as jnp
from annotated_types import Interval
from jaxtyping import Array, Float, Int, Key

from loft_jax.defenses import dependence
from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense, cross_entropy
from loft_jax.nets.classifier import Classifier, Outputs
from loft_jax.nets.taps import stages

MEASURES = {"hsic": dependence.normalised_hsic, "coco": dependence.coco}

Weight = Annotated[float, Interval(ge=0, le=1e3)]


@dataclass(frozen=True)
class BiDO(Defense):
    """Cross-entropy + sum over layers of input_weight d(z, x) - label_weight d(z, y)."""

    tag = "bido"
    about = About(
        title="BiDO",
        source="Peng et al., KDD 2022 (arXiv 2206.05483)",
        changes="the loss: hidden layers' dependence on the picture is added, that on the label "
        "taken off, by normalised HSIC or by COCO",
        published="weights .05 and .5 (HSIC, VGG16); Gaussian kernels of width 5 root d for "
        "pictures and layers, linear for labels; COCO by the Frobenius norm",
        ours="the layers are found by where the trunk's picture changes size, the last one at "
        "each; a layer of convolutions alone ends with its normalisation, before the ReLU; every "
        "batch is whole, as the kernels ask, or with --accumulate every part of one",
        cite=("peng2022bilateral",),
    )
    strength_name = "weight"

    input_weight: Weight = 0.05
    """Weight of the dependence on the picture."""
    label_weight: Weight = 0.5
    """Weight of the dependence on the label."""
    measure: Literal["hsic", "coco"] = "hsic"
    """How dependence is measured."""

    def taps_in(self, model: Classifier, images: Float[Array, "b h w ch"]) -> tuple[str, ...]:
        """The last layer at every size of the picture inside the trunk."""
        return stages(model, "trunk", model.pixels(images))

    def loss(
        self,
        outputs: Outputs,
        images: Float[Array, "b h w ch"],
        labels: Int[Array, " b"],
        *,
        smoothing: float,
        progress: Float[Array, ""],
        key: Key[Array, ""],
    ) -> Float[Array, ""]:
        """Cross-entropy with both sums."""
        assert outputs.hidden is not None
        between = MEASURES[self.measure]
        seen = dependence.gaussian(_flat(images))
        told = dependence.linear(jax.nn.one_hot(labels, outputs.logits.shape[-1]))
        loss = cross_entropy(outputs.logits, labels, smoothing)
        for layer in outputs.hidden.values():
            kernel = dependence.gaussian(_flat(layer))
            loss += self.input_weight * between(kernel, seen)
            loss -= self.label_weight * between(kernel, told)
        return loss

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}


def _flat(x: Float[Array, "b ..."]) -> Float[Array, "b d"]:
    return x.reshape(len(x), -1).astype(jnp.float32)
