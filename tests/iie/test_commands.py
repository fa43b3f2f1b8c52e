"""curve, bits, design and filter: numbers equal NumPy's, and bad input is one sentence."""

import importlib.util
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

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
    np.savez("all.npz", X=X + 3.0 * LABELS[:, None], W=W, y=LABELS)
    np.savez("one.npz", X=X + 3.0 * LABELS[:, None])
    np.save("constant.npy", np.ones((5, 3)))
    np.save("byclass.npy", np.outer(LABELS, np.ones(3)))
    Path("empty.npy").touch()
    Path("empty.npz").touch()
    Path("lying.npy").write_bytes(header((10**6, 10**6)) + bytes(80))
    with zipfile.ZipFile("lying.npz", "w") as archive:
        archive.writestr("X.npy", header((10**6, 10**6)) + bytes(80))
    np.save("pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    return tmp_path


def header(shape):
    """The first bytes of an .npy file that promises so many numbers."""
    file = io.BytesIO()
    described = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()


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
    np.testing.assert_allclose(
        report["relative"]["random filter, equivalent"], np.array(report["random"]) / 12
    )
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
    flags += " --held-out 0"
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
    left = np.trace(S) - seen @ seen / (D[0] @ seen)
    assert report["chosen"]["linear_error"] == pytest.approx(left)
    assert report["chosen"]["ideal"]["total"] <= left * (1 + 1e-12)  # but for rounding
    assert report["chosen"]["held_out_accuracy"] is None
    assert report["chosen"]["share"] == pytest.approx(1)
    assert is_png(files / "d.png")


def test_the_report_on_a_filter_is_theorem_1_on_the_shrunk_covariance(files):
    assert (
        main(["filter", "W.npy", "--samples", "X.npy", "--noise-share", "0.5", "--out", "f.png"])
        == 0
    )
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
    ("curve --shape 9999999 999999", "`--shape` must hold at most 67,108,864 numbers"),
    ("bits --prior isotropic --shape 9999999999999", "`--shape` must hold at most 67,108,864"),
    ("curve --prior isotropic --shape 4 --ranks 5", "`--ranks` must be at most 4"),
    ("curve --shape 4 4 --ranks ... 8", "must have two numbers before ..."),
    ("curve --shape 4 4 --ranks 4 2 ... 8", "`--ranks` must rise around ..."),
    ("curve --shape 4 4 --ranks 0 1 ... 1000000000000", "`--ranks` must be at most 10,000 ranks"),
    ("curve --shape 4 4 --ranks 1 2 ... 99999999999999999999999", "`--ranks` must be at most 16"),
    (f"curve --shape 4 4 --ranks {'9' * 5000}", "`--ranks` must be at most 16"),
    ("curve --prior nowhere.npy", "No such file"),
    ("curve --prior pickled.npy", "objects would have to be unpickled"),
    ("curve --prior empty.npy", "`--prior` must be FILE.npy, or FILE.npz:KEY"),
    ("curve --prior empty.npz", "File is not a zip file"),
    ("curve --prior lying.npy", "promises 8,000,000,000,000 bytes of numbers, and 80 are there"),
    ("curve --prior lying.npz", "promises 8,000,000,000,000 bytes of numbers, and 80 are there"),
    ("curve --prior all.npz", "it holds X, W, y: name one as all.npz:KEY"),
    ("curve --prior all.npz:Z", "it holds X, W, y: name one as all.npz:KEY"),
    ("curve --prior constant.npy", "`--prior` must hold samples that differ"),
    ("curve --prior X.npy --shape 4", "`--shape` must be left out with samples, got [4]"),
    ("curve --prior X.npy --variance 2", "`--variance` must be left out with samples, got 2.0"),
    ("bits --prior X.npy --exponent 1", "`--exponent` must be left out with samples, got 1.0"),
    ("curve --prior X.npy --quick", "`--quick` must be left out with samples, got True"),
    ("curve --prior isotropic --exponent 1", "`--exponent` must be left out with --prior iso"),
    ("curve --shape 4 4 --out c.gif", "`--out` must end in .png, .pdf or .svg"),
    ("curve --shape 4 4 --out no/c.png", "`--out` must be a file in an existing folder"),
    ("curve --shape 4 4 --out c.png --json c.png", "another file than the one of `--out`"),
    ("curve --prior X.npy --json X.npy", "`--json` must be another file than the one that is read"),
    ("bits --prior all.npz:X --json all.npz", "another file than the one that is read"),
    ("curve --shape 4 4 --variance nan", "`--variance` must be a positive number"),
    ("curve --sha 4 4", "unrecognized arguments: --sha"),
    ("curve --shape 4 4 --seed -1", "`--seed` must be at least 0, got -1"),
    ("bits --prior forest", "`--prior` must be isotropic, power-law"),
    ("bits --shape 4 4 --classes 0", "`--classes` must be at least 1, got 0"),
    ("bits --shape 4 4 --code -1 2", "`--code R` must be at least 0"),
    ("bits --shape 4 4 --range 0", "`--range` must be positive and finite, got 0.0"),
    ("bits --shape 4 4 --psnr nan", "`psnr` must be a number of dB"),
    ("bits --shape 4 4 --json no/b.json", "`--json` must be a file in an existing folder"),
    ("bits --shape 4 4 --json /dev/null", "`--json` must be a file in an existing folder"),
    ("design --samples X.npy", "`--labels` must name the classes"),
    ("design --labels labels.npy", "`--labels` must be left out for digits"),
    ("design --samples X.npy --labels short.npy", "`--labels` must be 40 whole numbers"),
    ("design --samples X.npy --labels X.npy", "`--labels` must be 40 whole numbers"),
    ("design --samples X.npy --labels pickled.npy", "objects would have to be unpickled"),
    ("design --samples X.npy --labels empty.npy", "`--labels` must be FILE.npy, or FILE.npz:KEY"),
    ("design --samples X.npy --labels labels.npy --rank 4", "`--rank` must be in 1..3"),
    ("design --samples X.npy --labels labels.npy --share 2", r"`share` must be"),
    ("design --samples X.npy --labels labels.npy --held-out 1", "`--held-out` must be in [0, 1)"),
    ("design --samples X.npy --labels labels.npy --weight X.npy", "than the one that is read"),
    ("design --samples byclass.npy --labels labels.npy", "`--samples` must differ within a class"),
    ("filter nan.npy --samples X.npy", "`W` must be finite, got NaN or infinity"),
    ("filter wide.npy --samples X.npy", "`weight` must have 3 columns"),
    ("filter gone.npy --samples X.npy", "got gone.npy (No such file)"),
    ("filter . --samples X.npy", "got . (a folder or a device)"),
    ("filter pickled.npy --samples X.npy", "objects would have to be unpickled"),
    ("filter W.npy --samples constant.npy", "`--samples` must hold samples that differ"),
    ("filter W.npy --samples X.npy --noise-share 0", "`noise_share` must be positive"),
    ("filter W.npy --samples X.npy --out f", "`--out` must end in .png, .pdf or .svg"),
    ("theorem1 --samples 1000000000000", "`--samples` must be at most 1,000,000,000"),
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


def test_samples_weights_and_labels_come_from_one_npz_by_key(files):
    assert main(["filter", "all.npz:W", "--samples", "all.npz:X", "--out", "f.png"]) == 0
    assert main(["filter", "W.npy", "--samples", "X.npy", "--out", "g.png"]) == 0
    assert read(files / "f.json") == read(files / "g.json")
    assert main(["curve", "--prior", "one.npz", "--out", "c.png"]) == 0
    samples = np.load("X.npy")
    trace = np.var(samples, axis=0).sum()
    assert read(files / "c.json")["variance"] == pytest.approx(trace)
    design = "design --samples all.npz:X --labels all.npz:y --quick --held-out 0 --out d.png"
    assert main(design.split()) == 0


@pytest.mark.parametrize("command", ["curve", "bits"])
def test_it_is_said_that_and_how_much_an_estimated_covariance_was_shrunk(files, capsys, command):
    from sklearn.covariance import ledoit_wolf

    assert main([command, "--prior", "X.npy", "--json", "r.json"]) == 0
    shrinkage = ledoit_wolf(np.load("X.npy"))[1]
    assert read(files / "r.json")["shrinkage"] == pytest.approx(shrinkage)
    printed = " ".join(capsys.readouterr().out.split())
    assert f"identity by a share of {shrinkage:.3g} (Ledoit and Wolf 2004)" in printed


def test_names_of_files_are_no_markup_no_emoji_and_no_mathematics(files, capsys):
    name = "a[b]:x:$c$_$.npy"
    np.save(name, np.load("X.npy"))
    assert main(["curve", "--prior", name, "--out", "c.png"]) == 0
    assert name in capsys.readouterr().out
    assert is_png(files / "c.png")


def test_held_out_accuracy_is_that_of_bayes_rule_on_samples_the_fit_has_not_seen(files):
    rng = np.random.default_rng(1)
    classes = np.arange(400) % 2
    # Noise alone: nothing can be right more often than by chance, whatever the model says.
    np.save("noise.npy", rng.standard_normal((400, 60)))
    np.save("classes.npy", classes)
    line = "design --samples noise.npy --labels classes.npy --quick --attacker linear --out d.png"
    assert main(line.split()) == 0
    report = read(files / "d.json")
    held = report["chosen"]["held_out_accuracy"]
    assert report["held_out"] == held["samples"] == 80
    assert report["chosen"]["accuracy"]["value"] > 0.6
    assert abs(held["value"] - 0.5) <= 4 * held["standard_error"]
    assert report["chosen"]["gap"] == 0


def test_no_random_filter_is_printed_without_a_standard_error_or_a_bound(files, capsys):
    line = "curve --prior isotropic --shape 4096 --ranks 1 2 ... 4096 --quick"
    assert main(line.split()) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    table = [row for row in rows if row and row[0].replace(",", "").isdecimal()]
    assert len(table) == 13
    simulated, bounded = [row for row in table if row[2] != "≤"], [r for r in table if r[2] == "≤"]
    assert simulated
    assert bounded
    for row in simulated:  # isotropic: the error is 1 - r / d for every filter
        share = 1 - int(row[0].replace(",", "")) / 4096
        assert float(row[2]) == pytest.approx(share, abs=1e-6)
        assert float(row[3]) == pytest.approx(0, abs=1e-6)
    for row in bounded:
        share = 1 - int(row[0].replace(",", "")) / 4096
        assert float(row[3]) >= share - 1e-6
        assert row[4] == "-"


def test_the_written_numbers_count_random_filters_with_their_standard_error(files):
    line = "curve --prior power-law --exponent 4 --shape 60 --ranks 2 20 --out c.png"
    assert main(line.split()) == 0
    found = read(files / "c.json")["random_simulated"]
    assert (found["ranks"], found["draws"]) == ([2, 20], 32)
    spectrum = np.arange(1, 61) ** -4.0 * 60 / np.sum(np.arange(1, 61) ** -4.0)
    rng = np.random.default_rng(9)
    S, own = np.diag(spectrum), []
    for _ in range(400):
        G = rng.standard_normal((20, 60))
        own.append(np.trace(S) - np.trace(S @ G.T @ np.linalg.solve(G @ S @ G.T, G @ S)))
    sem = np.hypot(found["standard_error"][1], np.std(own) / 20)
    assert abs(found["mean"][1] - np.mean(own)) <= 5 * sem


@pytest.mark.parametrize(
    "line",
    ["curve --prior isotropic --shape 4 --out p.png", "filter W.npy --samples X.npy --out p.png"],
)
def test_a_picture_that_fails_is_a_warning_and_costs_no_numbers(files, monkeypatch, capsys, line):
    def full(figure, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("iie.plots.save", full)
    before = {path.name for path in files.iterdir()}
    assert main(line.split()) == 0
    error = capsys.readouterr().err
    assert error.startswith("warning: no picture in p.png: ")
    assert len(error.splitlines()) == 1
    assert {path.name for path in files.iterdir()} == before | {"p.json"}
    assert read(files / "p.json")["command"] == line.split()[0]


def test_a_full_disk_for_the_numbers_is_one_sentence_and_leaves_nothing(files, monkeypatch, capsys):
    def full(self, *args, **options):
        raise OSError(28, "No space left on device", "p.json")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    before = {path.name for path in files.iterdir()}
    with pytest.raises(SystemExit) as stop:
        main(["curve", "--prior", "isotropic", "--shape", "4", "--out", "p.png"])
    assert stop.value.code == 2
    assert "No space left on device" in capsys.readouterr().err
    assert {path.name for path in files.iterdir()} == before


def process(*words, **environment):
    """A command in a process of its own."""
    line = [sys.executable, "-m", "iie", *words]
    known = {**os.environ, **environment}
    return subprocess.run(line, capture_output=True, check=False, env=known)


def test_a_terminal_that_knows_ascii_only_is_told_the_same(files):
    done = process("theorem1", "--quick", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert b"Monte Carlo +-s.e." in done.stdout
    assert b"sqrt (2 tr C^2)" in done.stdout
    refused = process("curve", "--prior", "…", PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert refused.returncode == 2
    assert b"got ..." in refused.stderr


def test_a_closed_terminal_costs_no_numbers(files):
    line = f"{sys.executable} -m iie bits --shape 4 4 --json b.json >&-"
    done = subprocess.run(line, shell=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert read(files / "b.json")["command"] == "bits"


def test_a_matplotlibrc_and_a_notebooks_backend_change_no_picture(files):
    words = ("curve", "--prior", "isotropic", "--shape", "4", "--out")
    assert process(*words, "plain.png").returncode == 0
    Path("matplotlibrc").write_text("text.usetex: True\naxes.facecolor: red\nfont.size: 30\n")
    # A notebook's backend, where notebooks are installed; without, Matplotlib refuses its name.
    inline = importlib.util.find_spec("matplotlib_inline") is not None
    backend = "module://matplotlib_inline.backend_inline" if inline else "svg"
    own = {"MATPLOTLIBRC": str(files), "MPLBACKEND": backend}
    done = process(*words, "other.png", **own)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (files / "plain.png").read_bytes() == (files / "other.png").read_bytes()


def test_written_files_heed_the_umask(files):
    before = os.umask(0o077)
    try:
        line = "design --samples X.npy --labels labels.npy --quick --weight D.npy --out d.png"
        assert main(line.split()) == 0
    finally:
        os.umask(before)
    for name in ("d.png", "d.json", "D.npy"):
        assert stat.S_IMODE((files / name).stat().st_mode) == 0o600


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
