"""Grids of pictures that nobody has to draw."""

import pytest
from looks import Told


@pytest.fixture
def told():
    return Told()
