"""Hypothesis strategies: priors and linear models of every rank."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

# Entries k/4: exact in float64, so exact arithmetic and floating point see the same instance.
QUARTERS = st.integers(-8, 8)


@st.composite
def instances(draw, max_d=4):
    """(S, W): a d x d covariance and an m x d weight of any rank, 0 included, exact in float64.

    S = R R^T and W = A B have quarters and sixteenths as entries, so no rounding hides their rank.
    """
    d = draw(st.integers(1, max_d))
    m = draw(st.integers(0, max_d + 1))
    root = draw(matrices(d, draw(st.integers(0, d))))
    rank = draw(st.integers(0, min(m, d)))
    return root @ root.T, draw(matrices(m, rank)) @ draw(matrices(rank, d))


@st.composite
def matrices(draw, rows, columns):
    """A matrix of quarters between -2 and 2."""
    entries = draw(st.lists(QUARTERS, min_size=rows * columns, max_size=rows * columns))
    return np.array(entries, dtype=float).reshape(rows, columns) / 4


@st.composite
def well_conditioned(draw, size, condition=100.0):
    """An invertible matrix Q1 diag Q2^T, singular values between 1 and `condition`."""
    rng = np.random.default_rng(draw(seeds()))
    values = np.geomspace(1.0, condition, size)
    return orthogonal(size, rng) * values @ orthogonal(size, rng)


def seeds():
    """Seeds for numpy.random.default_rng."""
    return st.integers(0, 2**32 - 1)


def orthogonal(size, rng):
    """An orthogonal matrix."""
    return np.linalg.qr(rng.standard_normal((size, size))).Q


def fractions(matrix):
    """The rows of a float matrix as exact fractions."""
    return [[Fraction(float(entry)) for entry in row] for row in matrix]
