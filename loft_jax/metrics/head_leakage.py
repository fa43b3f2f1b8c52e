"""The theorem on a trained head: what its first layer leaves unknown of the features.

The trunk's features are the private input, the head's first layer is the linear model W.
"""

from typing import Any

import numpy as np
from jaxtyping import Float


def head_leakage(
    features: Float[np.ndarray, "n d"], first_layer: Float[np.ndarray, "m d"]
) -> dict[str, Any]:
    """`iie.filter_report` of the head, as plain numbers.

    Keys are its attributes: `relative` (share of the features' variance that the code leaves
    unknown), `rank`, `most_leaking`, `least_leaking`, `random` (for any, and a random, head of this
    rank), `position` between both, `bits`, and the `assumptions` under which they are true.

    Args:
        features: of at least two pictures, from the trunk.
        first_layer: W, `LoFtHead.first_layer`.
    """
    from iie import filter_report

    # W stays float32: its type tells how far rounding of the weights may hide its rank.
    return filter_report(features.astype(np.float64), first_layer).to_dict()
