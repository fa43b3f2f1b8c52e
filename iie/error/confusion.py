"""What an ideal attacker loses to not knowing the component of a mixture, by draws from bridges."""

from collections.abc import Callable

import numpy as np
import scipy
from jaxtyping import Float64

from iie.attackers.simulation import Estimate, Welford
from iie.error.rivals import Rivals, bridges

CHUNK = 4096  # releases at once


class Confusion:
    """sum_{j<k} E pi_j pi_k ||m_j - m_k||^2, where m_k = constants_k + gains_k z.

    Args:
        rivals: the components' densities of z.
        constants: unit u.
        gains: unit of x per unit of z.

    Attributes:
        bound: the sum over pairs of B_jk E_g ||m_j(y) - m_k(y)||^2; at least the value.
    """

    def __init__(
        self,
        rivals: Rivals,
        constants: Float64[np.ndarray, "k d"],
        gains: Float64[np.ndarray, "k d p"],
    ) -> None:
        self.bridges = bridges(rivals)
        # Column 0 is the constant, the others multiply z; R keeps all distances.
        maps = np.concatenate([constants[:, :, None], gains], axis=2)
        flat = maps.transpose(1, 0, 2).reshape(maps.shape[1], -1)
        R = flat if flat.shape[1] >= len(flat) else np.linalg.qr(flat).R
        self.maps = R.reshape(-1, *maps.shape[::2]).transpose(1, 0, 2)
        self.distances = np.array([self._distance(i) for i in range(len(self.bridges.pairs))])
        with np.errstate(divide="ignore"):  # equal posterior means: nothing to confuse
            shares = self.bridges.logs + np.log(self.distances)
        total = scipy.special.logsumexp(shares) if len(shares) else -np.inf
        self.bound = float(np.exp(total))
        self.chances = np.exp(shares - total) if self.bound > 0 else np.zeros_like(shares)

    def draw(self, n: int, rng: np.random.Generator) -> Float64[np.ndarray, "{n}"]:
        """Values in [0, bound ||m_j - m_k||^2 / E_g ||m_j - m_k||^2] whose mean is wanted."""
        chosen = rng.choice(len(self.chances), n, p=self.chances)
        z = self.bridges.draw(chosen, rng)
        logs = self.bridges.rivals.log_densities(z)
        one, other, bridge = self.bridges.of_pair(chosen, logs)
        weights = np.exp(one + other - scipy.special.logsumexp(logs, axis=1) - bridge)
        j, k = self.bridges.pairs[chosen].T
        apart = self.maps[j] - self.maps[k]
        squares = np.sum((apart[:, :, 0] + np.einsum("ndp,np->nd", apart[:, :, 1:], z)) ** 2, 1)
        return self.bound * weights * squares / self.distances[chosen]

    def _distance(self, i: int) -> float:
        """E_g ||m_j(y) - m_k(y)||^2 on the bridge of pair i."""
        j, k = self.bridges.pairs[i]
        apart = self.maps[j] - self.maps[k]
        if not apart[:, 1:].any():
            return float(np.sum(apart[:, 0] ** 2))
        mean, root = self.bridges.moments(i)
        return float(
            np.sum((apart[:, 0] + apart[:, 1:] @ mean) ** 2) + np.sum((apart[:, 1:] @ root) ** 2)
        )


def between_components(
    confusion: Confusion,
    n: int,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None,
) -> Estimate:
    """The mean of n draws, in chunks."""
    stream = Welford()
    while stream.n < n:
        stream.add(confusion.draw(min(CHUNK, n - stream.n), rng))
        if progress is not None:
            progress(stream.n, n)
    return stream.estimate()
