"""Bits in the answers of a classifier: labels, top-k lists, scores of b bits, codes of b bits."""

import math
from typing import SupportsFloat, SupportsInt

import scipy  # not its parts: they load at first use, and `import iie` is quick

from iie._input import checks


def answer_bits(
    classes: SupportsInt,
    *,
    top: SupportsInt = 1,
    ordered: bool = False,
    score_bits: SupportsFloat = 0,
    queries: SupportsInt = 1,
) -> float:
    """Bits in the answers to so many queries, at most: whatever the classifier.

    A set of k of K labels takes log2 C(K, k) bits, a ranked list log2 K! / (K - k)!, and k scores
    of b bits k b more; all times the number of queries. k = 1 is the label, log2 K.

    Args:
        classes: K, at least 1.
        top: k, in 1..K.
        ordered: whether the k labels come in the order of their scores.
        score_bits: b, bits of each score that is told; 0 is none.
        queries: answers about one private input, at least 1.

    Raises:
        ValueError: if a number is out of its range.

    Examples:
        >>> answer_bits(8)
        3.0
        >>> answer_bits(4, top=3, score_bits=8, queries=2)  # 2 (log2 4 + 3 * 8)
        52.0

    Source: ours (counting).   Proof: proofs/information_limit.py
    """
    K = checks.integer("classes", classes, at_least=1)
    k = checks.integer("top", top, at_least=1, at_most=K)
    scores = checks.number("score_bits", score_bits, at_least=0.0)
    times = checks.integer("queries", queries, at_least=1)
    return times * (_list_bits(K, k, ordered) + k * scores)


def code_bits(numbers: SupportsInt, bits: SupportsFloat, *, queries: SupportsInt = 1) -> float:
    """Bits in so many releases of r numbers of b bits each: queries r b.

    Args:
        numbers: r, at least 0.
        bits: b, bits of each number, at least 0.
        queries: releases of one private input, at least 1.

    Raises:
        ValueError: if a number is out of its range.

    Examples:
        >>> code_bits(16, 4, queries=3)
        192.0

    Source: ours (counting).   Proof: proofs/information_limit.py
    """
    r = checks.integer("numbers", numbers, at_least=0)
    each = checks.number("bits", bits, at_least=0.0)
    return checks.integer("queries", queries, at_least=1) * r * each


def _list_bits(K: int, k: int, ordered: bool) -> float:
    """log2 of the number of lists, by Gamma functions where the whole numbers grow long."""
    if k <= 1000:
        return math.log2(math.perm(K, k) if ordered else math.comb(K, k))
    gammaln = scipy.special.gammaln
    orders = 0.0 if ordered else gammaln(k + 1)
    return float(gammaln(K + 1) - gammaln(K - k + 1) - orders) / math.log(2)
