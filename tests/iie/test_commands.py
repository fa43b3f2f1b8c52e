"""curve, bits, design and filter: numbers equal NumPy's, and bad input is one sentence."""

import json
import subprocess
import sys

import numpy as np
import pytest

from iie.__main__ import COMMANDS, main

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3)) @ np.array([[2.0, 0, 0], [1, 1, 0], [0, 0, 0.5]])
W = np.array([[1.0, 0.0, 1.0]])
LABELS = np.arange(40) % 2


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with inputs, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    np.save("X.npy", X + 3.0 * LABELS[:, None])
    np.save("W.npy", W)
    np.save("labels.npy", LABELS)
    np.save("short.npy", LABELS[:-1])
    np.save("nan.npy", W * np.nan)
    np.save("wide.npy", np.ones((1, 4)))
    np.save("pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    return tmp_path


def read(path):
    return json.loads(path.read_text())


def is_png(path):
    return path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def ledoit_wolf(samples):
    from sklearn.covariance import ledoit_wolf

    return ledoit_wolf(samples)[0]


def test_the_curve_of_a_power_law_is_sums_of_its_eigenvalues(files):
    prior = "curve --prior power-law --shape 6 --exponent 1 --variance 2"
    assert main(f"{prior} --ranks 0 2 6 --out c.png --json c.json".split()) == 0
    report = read(files / "c.json")
    spectrum = 1 / np.arange(1, 7)
    spectrum *= 12 / spectrum.sum()
    assert report["ranks"] == [0, 2, 6]
    np.testing.assert_allclose(report["most_leaking"], [12, spectrum[2:].sum(), 0], atol=1e-12)
    np.testing.assert_allclose(report["least_leaking"], [12, spectrum[:4].sum(), 0], atol=1e-12)
    k = report["random"][1] / 2
    assert np.sum(spectrum / (spectrum + k)) == pytest.approx(2)
    np.testing.assert_allclose(report["relative"]["random filter"], np.array(report["random"]) / 12)
    assert is_png(files / "c.png")


def test_the_curve_of_natural_images_is_that_of_the_circulant_matrix(files):
    assert (
        main(["curve", "--shape", "4", "4", "--ranks", "1", "2", "...", "16", "--out", "c.png"])
        == 0
    )
    report = read(files / "c.json")
    f = np.hypot(np.fft.fftfreq(4)[:, None], np.fft.fftfreq(4)).ravel()
    f[0] = f[1:].min()
    spectrum = np.sort(f**-2)[::-1] * 16 / np.sum(f**-2)
    assert report["ranks"] == [1, 2, 4, 8, 16]
    expected = [spectrum[r:].sum() for r in report["ranks"]]
    np.testing.assert_allclose(report["most_leaking"], expected, atol=1e-12)


def test_bits_are_reverse_water_filling_of_the_spectrum(files):
    flags = (
        "bits --prior isotropic --shape 8 --variance 4 --classes 16 --code 2 4 --psnr 6 --range 8"
    )
    assert main([*flags.split(), "--json", "b.json"]) == 0
    label, code, psnr = read(files / "b.json")["rows"]
    # Isotropic: D = d s^2 2^(-2 bits / d).
    assert (label["bits"], label["total"]) == (4, pytest.approx(32 * 2 ** (-2 * 4 / 8)))
    assert (code["bits"], code["total"]) == (8, pytest.approx(32 / 4))
    error = 64 * 10**-0.6
    expected = max(0.0, 4 * np.log2(4 / error))
    assert psnr["bits"] == pytest.approx(expected)
    assert psnr["total"] == pytest.approx(min(32, 8 * error))
    assert label["psnr"] == pytest.approx(10 * np.log10(64 / (label["total"] / 8)))


def test_the_designed_filter_of_two_classes_sees_fishers_discriminant(files):
    flags = "design --samples X.npy --labels labels.npy --quick --weight D.npy --out d.png"
    assert main(flags.split()) == 0
    report, D = read(files / "d.json"), np.load("D.npy")
    samples = np.load("X.npy")
    means = np.stack([samples[k == LABELS].mean(axis=0) for k in (0, 1)])
    within = ledoit_wolf(samples - means[LABELS])
    fisher = np.linalg.solve(within, means[1] - means[0])
    cosine = abs(D[0] @ fisher) / np.linalg.norm(D[0]) / np.linalg.norm(fisher)
    assert (report["sufficient_rank"], report["rank"]) == (1, 1)
    assert cosine == pytest.approx(1)
    gap = (means[1] - means[0]) / 2
    S = within + np.outer(gap, gap)
    seen = S @ D[0]
    assert report["chosen"]["error"] == pytest.approx(np.trace(S) - seen @ seen / (D[0] @ seen))
    assert report["chosen"]["share"] == pytest.approx(1)
    assert is_png(files / "d.png")


def test_the_report_on_a_filter_is_theorem_1_on_the_shrunk_covariance(files):
    assert main(["filter", "W.npy", "--samples", "X.npy", "--noise", "0.5", "--out", "f.png"]) == 0
    report = read(files / "f.json")
    samples = np.load("X.npy")
    S = ledoit_wolf(samples)
    seen = S @ W[0]
    assert report["error"] == pytest.approx(np.trace(S) - seen @ seen / (W[0] @ seen))
    assert report["most_leaking"] == pytest.approx(1 - np.linalg.eigvalsh(S)[-1] / np.trace(S))
    assert report["bits"] == pytest.approx(0.5 * np.log2(1 + 1 / 0.5))
    assert (report["rank"], report["samples"]) == (1, 40)
    assert is_png(files / "f.png")


BAD = [
    ("curve --prior forest", "`--prior` must be isotropic, power-law"),
    ("curve --shape 0 4", "`--shape` must be 1 to 3 whole numbers of at least 1, got 0 4"),
    ("curve --prior isotropic --shape 4 --ranks 5", "`--ranks` must be at most 4"),
    ("curve --shape 4 4 --ranks ... 8", "must have two numbers before ..."),
    ("curve --shape 4 4 --ranks 4 2 ... 8", "`--ranks` must rise around ..."),
    ("curve --prior nowhere.npy", "No such file"),
    ("curve --prior pickled.npy", "`--prior` must be an .npy file of numbers"),
    ("curve --shape 4 4 --out c.gif", "`--out` must end in .png, .pdf or .svg"),
    ("curve --shape 4 4 --out no/c.png", "`--out` must be a file in an existing folder"),
    ("curve --shape 4 4 --variance nan", "`--variance` must be a positive number"),
    ("bits --prior forest", "`--prior` must be isotropic, power-law"),
    ("bits --shape 4 4 --classes 0", "`--classes` must be at least 1, got 0"),
    ("bits --shape 4 4 --code -1 2", "`--code R` must be at least 0"),
    ("bits --shape 4 4 --psnr nan", "`psnr` must be a number of dB"),
    ("bits --shape 4 4 --json no/b.json", "`--json` must be a file in an existing folder"),
    ("design --samples X.npy", "`--labels` must name the classes"),
    ("design --samples X.npy --labels short.npy", "`--labels` must be 40 whole numbers"),
    ("design --samples X.npy --labels X.npy", "`--labels` must be 40 whole numbers"),
    ("design --samples X.npy --labels pickled.npy", "`--labels` must be a readable .npy file"),
    ("design --samples X.npy --labels labels.npy --rank 4", "`--rank` must be in 1..3"),
    ("design --samples X.npy --labels labels.npy --share 2", r"`share` must be"),
    ("filter nan.npy --samples X.npy", "`W.npy` must be finite, got NaN or infinity"),
    ("filter wide.npy --samples X.npy", "`weight` must have 3 columns"),
    ("filter gone.npy --samples X.npy", "`W.npy` must be a readable .npy file, got gone.npy"),
    ("filter pickled.npy --samples X.npy", "`W.npy` must be an .npy file of numbers"),
    ("filter W.npy --samples X.npy --noise 0", "`noise` must be positive"),
    ("filter W.npy --samples X.npy --out f", "`--out` must end in .png, .pdf or .svg"),
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


@pytest.mark.parametrize(
    "line", ["curve --prior isotropic --shape 4", "filter W.npy --samples X.npy"]
)
def test_a_full_disk_leaves_no_partial_picture(files, monkeypatch, capsys, line):
    def full(figure, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("iie.plots.save", full)
    before = {path.name for path in files.iterdir()}
    with pytest.raises(SystemExit) as stop:
        main(line.split())
    assert stop.value.code == 2
    assert "No space left on device" in capsys.readouterr().err
    assert {path.name for path in files.iterdir()} == before


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS)])
def test_help_of_every_command(capsys, words):
    with pytest.raises(SystemExit) as stop:
        main([*words, "--help"])
    assert stop.value.code == 0
    assert "usage: python -m iie" in capsys.readouterr().out


def test_a_refusal_is_no_traceback_in_a_process_of_its_own(files):
    line = [sys.executable, "-m", "iie", "curve", "--prior", "forest"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
