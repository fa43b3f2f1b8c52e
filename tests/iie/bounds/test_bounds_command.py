"""python -m iie bounds: its numbers are the functions', and bad input is one sentence."""

import json

import numpy as np
import pytest

import iie
from iie import plots
from iie.__main__ import main

RNG = np.random.default_rng(2)
U = RNG.standard_normal((400, 3))
W = RNG.standard_normal((3, 2))
Y = np.tanh(U @ W)
J = (1 - Y**2)[:, :, None] * W.T
FILES = "bounds --samples U.npy --releases Y.npy"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with inputs, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    np.save("U.npy", U)
    np.save("X.npy", 2 * U + 5)
    np.save("Y.npy", Y)
    np.save("J.npy", J)
    np.save("short.npy", Y[:-1])
    np.save("few.npy", Y[:30])
    np.save("flat.npy", J[:, :, 0])
    np.savez("all.npz", U=U, Y=Y, J=J)
    promised = {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
    with open("lying.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, promised)
    return tmp_path


def read(path):
    return json.loads(path.read_text())


def test_numbers_and_picture_are_those_of_the_functions(files, capsys):
    line = f"{FILES} --noise 0.1 --latents --jacobian J.npy --bits 9 --confidence 0.9 --seed 4"
    assert main(line.split()) == 0
    report = read(files / "iie-bounds.json")
    flags = {"noise": 0.1, "confidence": 0.9, "rng": 4}
    lower = iie.lower_bound(np.eye(3), samples=U, releases=Y, jacobian=J, bits=9.0, **flags)
    assert report["lower"] == lower.to_dict()
    assert report["upper"] == iie.upper_bound(U, Y, variance=3.0, **flags).to_dict()
    assert {row["name"] for row in report["lower"]["table"]} == {"van Trees", "information", "bits"}
    assert (files / "iie-bounds.png").read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    assert f"{lower.best.relative:.4f}" in out
    assert "standard normal" in out


@pytest.mark.parametrize("flags", ["", "--noise 0.1 --latents --bits 9"])
def test_the_legend_covers_neither_the_title_nor_a_bar(files, monkeypatch, flags):
    drawn = []
    monkeypatch.setattr(plots, "save", lambda made, _: drawn.append(made))
    main(f"{FILES} {flags}".split())
    (axis,) = drawn[0].axes
    drawn[0].canvas.draw()
    legend, title = axis.get_legend().get_window_extent(), axis._left_title.get_window_extent()
    assert not legend.overlaps(title)
    assert not any(legend.overlaps(bar.get_window_extent()) for bar in axis.patches)


@pytest.mark.parametrize(("flags", "variance"), [("--latents", 3.0), ("", None)])
def test_both_ends_are_shares_of_one_variance(files, capsys, flags, variance):
    """Of the standard normal numbers it is their count, else the samples' own."""
    assert main(f"{FILES} --noise 0.1 --bits 9 {flags}".split()) == 0
    report = read(files / "iie-bounds.json")
    whole = np.var(U, axis=0).sum() if variance is None else variance
    assert report["variance"] == pytest.approx(whole)
    for row in (*report["lower"]["table"], *report["upper"]["table"]):
        assert row["variance"] == pytest.approx(whole)
        assert row["relative"] == pytest.approx(row["total"] / whole)
    out = " ".join(capsys.readouterr().out.split())
    assert f"Relative is the share of tr S = {whole:.5g}, at both ends." in out


def test_archives_hold_the_same_numbers(files):
    flags = "--noise 0.1 --latents"
    assert main(f"{FILES} --jacobian J.npy {flags} --out one.png".split()) == 0
    keys = "bounds --samples all.npz:U --releases all.npz:Y --jacobian all.npz:J"
    assert main(f"{keys} {flags} --out other.png".split()) == 0
    assert read(files / "one.json") == read(files / "other.json")


def test_a_picture_that_fails_is_a_warning_and_costs_no_numbers(files, monkeypatch, capsys):
    def full(figure, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("iie.plots.save", full)
    before = {path.name for path in files.iterdir()}
    assert main(f"{FILES} --noise 0.1 --out b.png".split()) == 0
    assert capsys.readouterr().err.startswith("warning: no picture in b.png: ")
    assert {path.name for path in files.iterdir()} == before | {"b.json"}
    assert read(files / "b.json")["command"] == "bounds"


def test_pictures_are_taken_for_gaussians_of_their_covariance(files, capsys):
    line = "bounds --samples X.npy --releases Y.npy --noise 0.1 --json b.json --out b.svg"
    assert main(line.split()) == 0
    report = read(files / "b.json")
    prior = iie.Gaussian(iie.empirical_covariance(2 * U + 5), (2 * U + 5).mean(axis=0))
    expected = iie.lower_bound(prior, samples=2 * U + 5, releases=Y, noise=0.1)
    assert report["lower"] == expected.to_dict()
    assert "Ledoit-Wolf" in report["note"]
    assert (files / "b.svg").read_text().startswith("<?xml")


def test_without_noise_and_bits_there_is_only_an_upper_end(files, capsys):
    assert main(FILES.split()) == 0
    report = read(files / "iie-bounds.json")
    assert report["lower"] is None
    assert report["upper"]["best"]["name"] == "ridge"
    assert "real numbers released exactly can carry everything" in capsys.readouterr().out


def test_a_given_entropy_uses_shannons_bound(files):
    assert main([*FILES.split(), "--bits", "2", "--entropy", "3.5"]) == 0
    (row,) = read(files / "iie-bounds.json")["lower"]["table"]
    assert row["total"] == pytest.approx(3 / (2 * np.pi * np.e) * 2 ** (2 * 1.5 / 3))


BAD = [
    ("bounds --samples U.npy --releases short.npy", "`--releases` must have one row for each"),
    ("bounds --samples gone.npy --releases Y.npy", "`--samples` must be FILE.npy, or FILE.npz:KEY"),
    ("bounds --samples few.npy --releases few.npy", "`samples` must be at least 40"),
    ("bounds --samples X.npy --releases Y.npy --latents --noise 1", "must be draws of `prior`"),
    ("bounds --samples lying.npy --releases Y.npy", "its header promises 8,000,000,000,000 bytes"),
    (f"{FILES} --noise 1 --json U.npy", "`--json` must be another file than the one that is read"),
    (f"{FILES} --noise 1 --json /dev/null", "`--json` must be a file in an existing folder"),
    (f"{FILES} --noise 0", "`noise` must be positive"),
    (f"{FILES} --noise -1", "`noise` must not be negative"),
    (f"{FILES} --jacobian J.npy", "`--jacobian` must come with --noise"),
    (f"{FILES} --noise 1 --jacobian flat.npy", "`--jacobian` must be 400 x 2 x 3, got (400, 2)"),
    (f"{FILES} --bits -1", "`bits` must be at least 0"),
    (f"{FILES} --bits 1 --entropy 99", "`entropy` must be at most"),
    (f"{FILES} --confidence 1", "`confidence` must be in [0.5, 1)"),
    (f"{FILES} --seed -1", "`--seed` must be at least 0"),
    (f"{FILES} --out b.gif", "`--out` must end in .png, .pdf or .svg"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_bad_input_exits_2_with_one_sentence_and_writes_nothing(files, capsys, line, message):
    before = {path.name for path in files.iterdir()}
    with pytest.raises(SystemExit) as stop:
        main(line.split())
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert {path.name for path in files.iterdir()} == before
