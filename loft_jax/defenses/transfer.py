"""TL-DMI: the front layers are learnt from public people and never see a private one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense
from loft_jax.nets.order import Path


@dataclass(frozen=True)
class Transfer(Defense):
    """A trunk trained on public people, whose front share stays as it is."""

    tag = "tl"
    about = About(
        title="TL-DMI",
        source="Ho et al., CVPR 2024 (arXiv 2405.05588)",
        changes="the start: the trunk learns public people first; its front layers stay frozen",
        published="all but the last 3 of 50 blocks of IR-152, 8 of 13 convolutions of VGG16; half "
        "of the layers in other studies",
        ours="a share of the layers with a kernel, in the order of the forward pass; people drawn "
        "from the public population where --pretrain names none",
        not_followed="public code lets statistics of frozen BatchNorms go on moving; a typing "
        "error in `requires_grad` leaves the first layer of IR-152 free",
        cite=("ho2024model",),
    )
    strength_name = "share"
    needs_public = True

    share: Annotated[float, Interval(ge=0, le=1)] = 0.5
    """Share of the trunk's layers with a kernel that stay frozen, the first ones, rounded down."""

    def trainable(self, path: Path, order: tuple[Path, ...]) -> bool:
        """All from the first layer that is not frozen on, normalisations before it not."""
        if path[0] != "trunk" or path not in order:
            return True
        kernels = [one for one in order if one[0] == "trunk" and one[-1] == "kernel"]
        learning = kernels[int(self.share * len(kernels)) :]
        if not learning:
            return False
        return order.index(path) >= order.index(learning[0]) or path[:-1] == learning[0][:-1]

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}
