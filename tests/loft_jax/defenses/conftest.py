"""The trunks of `tests/defended.py`, in the table while tests of defenses run."""

import pytest
from defended import SIZE, Tiny, residual

from loft_jax.nets.trunks.table import TRUNKS, Trunk


@pytest.fixture(scope="module")
def tiny_trunk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TRUNKS, "tiny", Trunk(Tiny, lambda size: Tiny.WIDTH, SIZE))
        patch.setitem(TRUNKS, "residual", Trunk(residual, lambda size: Tiny.WIDTH, SIZE))
        yield
