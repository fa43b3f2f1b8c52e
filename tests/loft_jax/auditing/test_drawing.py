"""The figure of the intervals."""

import matplotlib.axes

from loft_jax.auditing.drawing import intervals


def test_an_end_above_one_is_told_beside_the_bars_and_not_on_them(monkeypatch):
    ends = []
    plain = matplotlib.axes.Axes.barh

    def barh(self, y, width, left=0.0, **style):
        ends.append((left, left + width))
        return plain(self, y, width, left=left, **style)

    monkeypatch.setattr(matplotlib.axes.Axes, "barh", barh)
    found = {"picture": {"lower": 0.25, "upper": 1.26}}
    assert intervals([{"release": "label", "intervals": found}]).startswith(b"\x89PNG")
    assert ends == [(0.0, 0.25), (1.0, 1.0), (0.25, 1.0)]
