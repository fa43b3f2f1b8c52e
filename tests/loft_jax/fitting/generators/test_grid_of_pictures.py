"""The sheet of pictures that a prior learns from: 8 a row, whatever their number."""

import io

import numpy as np
import pytest
from PIL import Image

from loft_jax.fitting.generators.grid import ENLARGED, SIDE, png


@pytest.mark.parametrize("n", [3, 8, 13, 64])
def test_few_pictures_are_all_there(n):
    shown = np.arange(1, n + 1, dtype=np.uint8)
    sheet = np.asarray(
        Image.open(io.BytesIO(png(np.tile(shown[:, None, None, None], (1, 4, 4, 1)))))
    )
    assert sheet.shape[0] == SIDE * 4 * ENLARGED
    cells = sheet[:: 4 * ENLARGED, :: 4 * ENLARGED].ravel()
    np.testing.assert_array_equal(cells[cells > 0], shown)
    assert len(cells) == SIDE * -(-n // SIDE)
