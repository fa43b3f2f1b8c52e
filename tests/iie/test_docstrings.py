"""Every example in a docstring of the theory runs and prints what it says."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import iie

MODULES = ["iie", *(found.name for found in pkgutil.walk_packages(iie.__path__, "iie."))]
MODULES.remove("iie.__main__")


def run(name):
    """(failed, attempted) examples of one module."""
    module = importlib.import_module(name)
    known = {**vars(module), **{key: getattr(iie, key) for key in dir(iie)}, "np": np}
    return doctest.testmod(module, extraglobs=known)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_are_true(name):
    assert run(name).failed == 0


def test_the_examples_are_found():
    # Wrappers that check types might hide docstrings from doctest.
    assert sum(run(name).attempted for name in MODULES) > 40
