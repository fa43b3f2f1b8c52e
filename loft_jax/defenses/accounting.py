"""What DP-SGD guarantees: epsilon from the noise, the batches and the steps."""

import numpy as np
import scipy  # not its parts: they load at first use, and a command begins sooner
from scipy.special import gammaln, log_ndtr

ORDERS = range(2, 513)
"""Orders of the Renyi divergences among which the best is taken."""
LARGEST = 1e6
"""No epsilon is sought above it."""


def shuffled_epsilon(noise: float, times: float, delta: float) -> float:
    """Epsilon where a picture enters one batch an epoch: epochs of shuffled batches.

    Take the picture away, and one step of each epoch moves by at most the clipping norm. So the run
    is as telling as one Gaussian mechanism with mean 0 against mu, mu = times / noise:

        delta(eps) = Phi(mu/2 - eps/mu) - e^eps Phi(-mu/2 - eps/mu)

    Exact for who sees every noisy gradient; nothing is gained from not knowing the batches.

    Source: Dong, Roth and Su, "Gaussian differential privacy", JRSS B 84 (2022), corollaries 1, 2.

    Args:
        noise: standard deviation of the noise in clipping norms.
        times: root of the sum over steps of the squares of how often the picture enters them: the
            root of the number of epochs, where batches hold nobody twice.
        delta: probability that the guarantee does not hold.
    """
    mu = times / noise

    def excess(epsilon: float) -> float:
        here, there = mu / 2 - epsilon / mu, -mu / 2 - epsilon / mu
        # log(a - b) = log a + log(1 - b / a), by logarithms: the terms over- and underflow.
        first = log_ndtr(here)
        ratio = min(epsilon + log_ndtr(there) - first, 0.0)
        return first + np.log(-np.expm1(ratio) + 1e-300) - np.log(delta)

    if excess(0.0) <= 0:
        return 0.0
    if excess(LARGEST) >= 0:
        return float("inf")
    return float(scipy.optimize.root_scalar(excess, bracket=(0.0, LARGEST)).root)


def sampled_epsilon(noise: float, rate: float, steps: int, delta: float) -> float:
    """Epsilon as publications tell it: as if each batch had drawn each picture with `rate`.

    By Renyi divergences of whole orders a, of which a run has `steps` times

        1 / (a - 1) log sum_k C(a, k) (1 - q)^(a - k) q^k exp(k (k - 1) / (2 noise^2))

    Source: Mironov, Talwar and Zhang 2019 (arXiv 1908.10530), section 3.3; to epsilon by Canonne,
    Kamath and Steinke 2020 (arXiv 2004.00010), proposition 12.

    Args:
        noise: standard deviation of the noise in clipping norms.
        rate: q, chance of a picture to be in a batch.
        steps: updates.
        delta: probability that the guarantee does not hold.
    """
    a = np.array(ORDERS)
    found = steps * np.array([_divergence(noise, rate, order) for order in ORDERS])
    found += np.log1p(-1 / a) - (np.log(delta) + np.log(a)) / (a - 1)
    return max(float(found.min()), 0.0)


def _divergence(noise: float, rate: float, order: int) -> float:
    """Renyi divergence of one step on a batch that is drawn."""
    k = np.arange(order + 1)
    if rate >= 1:
        return order / (2 * noise**2)
    binomial = gammaln(order + 1) - gammaln(k + 1) - gammaln(order - k + 1)
    drawn = (order - k) * np.log1p(-rate) + k * np.log(rate)
    terms = binomial + drawn + k * (k - 1) / (2 * noise**2)
    return float(np.logaddexp.reduce(terms)) / (order - 1)
