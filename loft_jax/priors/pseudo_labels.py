"""Which public pictures stand for which of the target's classes (PLG-MI)."""

import numpy as np
from jaxtyping import Float, Int64

from loft_jax.errors import InputError


def top_n(
    probabilities: Float[np.ndarray, "m c"], n: int
) -> tuple[Int64[np.ndarray, " rows"], Int64[np.ndarray, " rows"]]:
    """For each class the n pictures of which the target is surest, and that class as their label.

    A picture may stand for several classes. Ties go to the earlier picture.

    Args:
        probabilities: the target's answers on m public pictures.
        n: pictures a class.

    Returns:
        Indices of pictures and their pseudo-labels, c n rows.

    Raises:
        InputError: if there are fewer than n pictures.

    Source: Yuan et al. 2023, Pseudo Label-Guided Model Inversion, section 3.2.
    """
    pictures, classes = probabilities.shape
    if not 1 <= n <= pictures:
        msg = f"`--top-n` must be 1..{pictures}, the number of public pictures, got {n}"
        raise InputError(msg)
    order = np.argsort(-probabilities, axis=0, kind="stable")[:n]
    return order.T.reshape(-1).astype(np.int64), np.repeat(np.arange(classes, dtype=np.int64), n)
