"""What a page tells a reader to type runs, and does what the page says."""

import io
import re
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
from scipy.special import softmax

PAGE = Path(__file__).parents[1] / "docs" / "howto-black-box.md"


def test_a_server_is_attacked_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names, said = {}, io.StringIO()
    monkeypatch.setattr(BaseHTTPRequestHandler, "log_message", lambda *_: None)
    try:
        with redirect_stdout(said):
            exec(snippet, names)
    finally:
        names["server"].shutdown()
        names["server"].server_close()
    asked, sure = said.getvalue().split()[-2:]
    assert 4000 < int(asked) <= 6000
    with np.load(tmp_path / "found" / "reconstructions.npz") as stored:
        shown = stored["images"].reshape(3, 64) / 255
    weights = np.random.default_rng(0).normal(size=(64, 3))  # as the page's server has them
    odds = softmax((2 * shown - 1) @ weights, axis=1)
    np.testing.assert_array_equal(odds.argmax(1), [0, 1, 2])
    assert odds.max(1).mean() > 0.9
    assert abs(odds.max(1).mean() - float(sure)) < 0.02  # pictures are kept in 256 steps
    assert len(PAGE.read_text().splitlines()) <= 40
