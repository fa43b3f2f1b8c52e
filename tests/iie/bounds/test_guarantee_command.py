"""python -m iie guarantee: its rows are the formula, and bad input is one sentence."""

import json

import pytest

from iie.__main__ import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_rows_are_the_formula_and_the_picture_is_there(folder, capsys):
    line = "guarantee --numbers 16 64 --noise 0.01 1 --latents 96 --releases 1 2"
    assert main(line.split()) == 0
    report = json.loads((folder / "iie-guarantee.json").read_text())
    assert len(report["rows"]) == 8
    for row in report["rows"]:
        expected = (1 + 1 / row["noise"]) ** (-row["numbers"] * row["releases"] / 96)
        assert row["relative"] == pytest.approx(expected)
    assert "weights" in report["not_covered"]
    assert (folder / "iie-guarantee.png").read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    assert "0.681" in out
    assert "0.215" in out
    assert "Not covered: what the weights say" in out


def test_bits_without_noise(folder):
    assert (
        main(
            [
                "guarantee",
                "--numbers",
                "4",
                "--bits",
                "3",
                "--latents",
                "8",
                "--releases",
                "2",
                "--out",
                "g.pdf",
            ]
        )
        == 0
    )
    (row,) = json.loads((folder / "g.json").read_text())["rows"]
    assert (row["noise"], row["bits"]) == (None, 24)
    assert row["relative"] == pytest.approx(2 ** (-2 * 4 * 3 * 2 / 8))
    assert (folder / "g.pdf").read_bytes().startswith(b"%PDF")


def test_the_curves_pass_through_the_rows(folder, monkeypatch):
    drawn = []
    monkeypatch.setattr("iie.plots.save", lambda made, path: drawn.append(made) or path.touch())
    assert (
        main(
            [
                "guarantee",
                "--numbers",
                "10",
                "--noise",
                "0.5",
                "--latents",
                "20",
                "--releases",
                "1",
                "3",
            ]
        )
        == 0
    )
    (axis,) = drawn[0].axes
    curve, points = axis.lines
    for x, y in zip(*points.get_data(), strict=True):
        assert y == pytest.approx(3 ** (-x / 20))
    assert list(points.get_xdata()) == [10, 30]
    assert curve.get_ydata()[-1] == pytest.approx(3 ** (-curve.get_xdata()[-1] / 20))
    assert axis.get_legend().get_texts()[0].get_text() == "noise variance 0.5"


def test_a_picture_that_fails_is_a_warning_and_costs_no_numbers(folder, monkeypatch, capsys):
    def full(figure, path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("iie.plots.save", full)
    words = "--bits 3 --latents 8 --out g.png"
    assert main(["guarantee", "--numbers", "4", *words.split()]) == 0
    assert capsys.readouterr().err.startswith("warning: no picture in g.png: ")
    assert [path.name for path in folder.iterdir()] == ["g.json"]


BAD = [
    ("guarantee --numbers 16 --latents 96", "`noise` or `bits` must be given, got neither"),
    ("guarantee --numbers 16 --latents 96 --noise 0", "`noise` must be a positive variance, got 0"),
    ("guarantee --numbers 16 --latents 0 --noise 1", "`latents` must be an integer at least 1"),
    ("guarantee --numbers -1 --latents 9 --noise 1", "`numbers` must be an integer at least 0"),
    ("guarantee --numbers 1 --latents 9 --bits -2", "`bits` must be at least 0"),
    ("guarantee --numbers 1 --latents 9 --noise 1 2 3 4 5 6", "`--noise` must be at most 5"),
    ("guarantee --numbers 1 --latents 9 --noise 1 --out no/g.png", "in an existing folder"),
    ("guarantee --numbers 1 --latents 9 --noise 1 --json /dev/null", "in an existing folder"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_bad_input_exits_2_with_one_sentence_and_writes_nothing(folder, capsys, line, message):
    with pytest.raises(SystemExit) as stop:
        main(line.split())
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert list(folder.iterdir()) == []
