"""Curves can be told apart without colour, and the picture says what it assumes."""

import numpy as np

from iie import plots

X = np.arange(1.0, 5.0)
LINES = [plots.Line(name, X, X / k) for k, name in enumerate("abcd", 4)]


def test_every_line_is_in_the_legend_and_drawn_from_its_numbers():
    made = plots.rank_figure(LINES, title="prior", note="A1 holds")
    (axis,) = made.axes
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["a", "b", "c", "d"]
    for drawn, line in zip(axis.lines, LINES, strict=True):
        np.testing.assert_array_equal(drawn.get_ydata(), line.y)
    assert "A1 holds" in [text.get_text() for text in made.texts]


def test_lines_differ_in_colour_dash_and_marker():
    made, axis = plots.figure()
    plots.draw_lines(axis, LINES)
    for look in ("get_color", "get_linestyle", "get_marker"):
        assert len({getattr(line, look)() for line in axis.lines}) == len(LINES)
    assert made.axes == [axis]


def test_a_picture_is_what_its_name_says(tmp_path):
    made = plots.rank_figure(LINES, title="prior", note="note")
    for ending, magic in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")):
        plots.save(made, tmp_path / f"picture{ending}")
        assert (tmp_path / f"picture{ending}").read_bytes().startswith(magic)
