"""Theorem 1 and its noisy form in exact fractions, for whole-number S and W of any size."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np


class Exact(NamedTuple):
    """What is true of x ~ N(0, S) and y = W x, or y = W x + e with e ~ N(0, I)."""

    total: float
    rank: int
    variance: float
    noisy: float
    bits: float
    mmse: float


def exact(S, W):
    """All of it, from whole numbers that int64 holds with room to spare."""
    S, W = S.astype(np.int64), W.astype(np.int64)
    shared = W @ S
    K, squares = (fractions(A) for A in (shared @ W.T, shared @ shared.T))
    rows = independent(K)
    told = trace_of_solve(chosen(K, rows), chosen(squares, rows))
    noisy_K = [[x + (i == j) for j, x in enumerate(row)] for i, row in enumerate(K)]
    trace, m = int(np.trace(S)), len(W)
    unit = [[Fraction(i == j) for j in range(m)] for i in range(m)]
    return Exact(
        total=float(trace - told),
        rank=len(rows),
        variance=float(trace),
        noisy=float(trace - trace_of_solve(noisy_K, squares)),
        bits=math.log2(determinant(noisy_K)) / 2,
        # tr K (I + K)^{-1} = m - tr (I + K)^{-1}
        mmse=float(m - trace_of_solve(noisy_K, unit)),
    )


def fractions(matrix):
    return [[Fraction(int(x)) for x in row] for row in matrix]


def chosen(matrix, rows):
    return [[matrix[i][j] for j in rows] for i in rows]


def independent(K):
    """Rows of a semidefinite matrix that are a basis of all, by elimination."""
    left, found = [row[:] for row in K], []
    for i in range(len(left)):
        if left[i][i] > 0:
            found.append(i)
            pivot = left[i][:]
            left = [
                [x - row[i] / pivot[i] * p for x, p in zip(row, pivot, strict=True)] for row in left
            ]
    return found


def trace_of_solve(A, B):
    """tr A^{-1} B by Gauss and Jordan."""
    m = len(A)
    joined = [[*a, *b] for a, b in zip(A, B, strict=True)]
    for i in range(m):
        p = next(k for k in range(i, m) if joined[k][i])
        joined[i], joined[p] = joined[p], joined[i]
        joined[i] = [x / joined[i][i] for x in joined[i]]
        for k in range(m):
            if k != i:
                factor = joined[k][i]
                joined[k] = [x - factor * y for x, y in zip(joined[k], joined[i], strict=True)]
    return sum((joined[i][m + i] for i in range(m)), Fraction(0))


def determinant(A):
    """The determinant of a positive definite matrix, by elimination."""
    left, det = [row[:] for row in A], Fraction(1)
    for i in range(len(left)):
        det *= left[i][i]
        for k in range(i + 1, len(left)):
            factor = left[k][i] / left[i][i]
            left[k] = [x - factor * y for x, y in zip(left[k], left[i], strict=True)]
    return det
