"""No defense: the plain linear head, which all others are compared with."""

from collections.abc import Mapping
from dataclasses import dataclass

from flax import nnx

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense
from loft_jax.nets.head import LinearHead


@dataclass(frozen=True)
class NoDefense(Defense):
    """A plain linear layer behind the trunk."""

    tag = "none"
    about = About(
        "plain head",
        "the undefended network of every paper",
        "nothing: trunk, one linear layer, cross-entropy",
        "as each paper trains it",
    )

    input_norm: bool = False
    """BatchNorm before the linear layer."""

    @property
    def baselines(self) -> tuple[Defense, ...]:
        """None: it is one."""
        return ()

    @property
    def variant(self) -> str:
        """The normalisation, if there is one."""
        return "BatchNorm first" if self.input_norm else ""

    def head(self, features: int, classes: int, *, rngs: nnx.Rngs) -> LinearHead:
        """The linear layer."""
        return LinearHead(features, classes, self.input_norm, rngs=rngs)

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}
