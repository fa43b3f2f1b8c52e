"""Whatever a user may call a covariance, as a Covariance."""

from typing import Any

import numpy as np

from iie.covariance.base import Covariance
from iie.covariance.dense import DenseCovariance


def as_covariance(value: Any, name: str = "covariance") -> Covariance:
    """`value` as a Covariance.

    Args:
        value: a Covariance (returned as it is), a Gaussian (whose covariance is meant), a "d d"
            array of any library, or a scipy.stats.Covariance (through its `covariance`, so as a
            matrix).
        name: what messages call it.

    Raises:
        ValueError: if it is not a real, symmetric, positive semidefinite matrix.

    Examples:
        >>> as_covariance([[2, 0], [0, 1]]).trace()
        3.0
    """
    if isinstance(value, Covariance):
        return value
    if isinstance(value, np.ndarray):
        return DenseCovariance(value, name=name)
    from iie.laws import Gaussian, Prior  # which is made of covariances

    if isinstance(value, Gaussian):
        return value.covariance
    if isinstance(value, Prior):
        msg = f"`{name}` must be a covariance or a Gaussian, got a {type(value).__name__}"
        raise ValueError(msg)  # noqa: TRY004
    # By name, because importing scipy.stats takes longer than all of this package.
    if any(kind.__module__.startswith("scipy.stats") for kind in type(value).__mro__):
        value = value.covariance
    return DenseCovariance(value, name=name)
