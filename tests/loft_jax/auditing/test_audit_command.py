"""Whole audits of tiny models: numbers, page, exit codes, stops, and what is refused."""

import html
import json
import re

import numpy as np
import pytest
from whole_runs import bright_rows

import loft_jax
from loft_jax.audit import main
from loft_jax.auditing import session
from loft_jax.errors import InputError
from loft_jax.runs.interrupt import Interrupt, Stopped
from loft_jax.targets.function import FunctionTarget

SMALL = {"quick": True, "class_attack": "none", "cache": False}
LABEL = {**SMALL, "release": ["label"]}
MODEL = """
def net(images):
    return images.mean(axis=2)[:, :, 0][:, :4] * 20

def broken(images):
    raise ValueError("no such picture")
"""


class Fourth(Interrupt):
    """A signal comes before the second release: between two parts is where audits look for it."""

    looks = 0

    def check(self, go_on):
        self.looks += 1
        if self.looks >= 4:
            raise Stopped(2, go_on)


@pytest.fixture(scope="module")
def audited(tiny_run, tmp_path_factory):
    """An audit of the code, exact and with noise in few bits, and of the label."""
    out = tmp_path_factory.mktemp("audits") / "whole"
    asked = {"release": ["code", "label"], "noise": [0.1], "limit": ["psnr:1", "psnr:199"]}
    return loft_jax.audit(tiny_run, **SMALL, **asked, out=str(out))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """300 pictures of ten people whom the tiny run does not know."""
    return bright_rows(tmp_path_factory.mktemp("data") / "mine.npz", [1, 2, 3, 4, 5] * 2, 30)


def test_each_release_has_an_interval_with_what_it_assumes(audited):
    numbers = json.loads((audited.folder / "audit.json").read_text())
    assert [one["release"] for one in numbers["releases"]] == ["code, noise 0.1", "label"]
    for one in numbers["releases"]:
        assert 0 <= one["lower"] <= one["upper"] < 1.05
        assert one["unit"] == "share of variance that stays unknown"
        assert one["confidence"] == 0.95
        assert one["assumptions"]["lower"]
        assert one["assumptions"]["upper"]
    code, label = numbers["releases"]
    assert (code["numbers"], label["numbers"]) == (8, 10)
    # Nobody knows the law of the digits.
    assert code["lower"] == 0
    assert "law of these pictures" in code["assumptions"]["lower"][0]
    assert code["upper"] < label["upper"]
    assert [one["of"] for one in numbers["ranks"]] == ["code", "logits"]
    assert all(one["numerical_rank"] <= 8 for one in numbers["ranks"])
    assert numbers["not_measured"] == [
        "what the weights tell of a person: it was left out (--class-attack none)"
    ]


def test_the_upper_end_is_what_ridge_reaches_on_the_same_halves(audited, tiny_run):
    # The ideal linear attacker on a label answers with the mean of its pictures.
    from loft_jax.auditing.material import Questions, given
    from loft_jax.fitting.run_folder import RunFolder
    from loft_jax.fitting.session import load_data
    from loft_jax.runs.devices import data_mesh
    from loft_jax.targets.run import load_run

    run = RunFolder.open(tiny_run)
    data = load_data(run.config())
    chosen = run.split(data).test
    target = load_run(str(tiny_run), data_mesh())
    questions = Questions(target, ("label",), 1)
    rng = np.random.default_rng(0)
    found = given(data.images[chosen], data.labels[chosen], questions, rng)
    fit, held = (part.pictures.reshape(len(part.pictures), -1) for part in (found.fit, found.held))
    learned, said = (part.asked["label"][0].argmax(1) for part in (found.fit, found.held))
    means = np.stack([fit[learned == k].mean(0) if (learned == k).any() else fit.mean(0)
                      for k in range(10)])  # fmt: skip
    error = ((held - means[said]) ** 2).sum(1).mean() / fit.var(axis=0, dtype=np.float64).sum()
    told = audited.numbers["releases"][1]["intervals"]["picture"]
    assert told["measured"] == pytest.approx(error, rel=0.03)  # ridge shrinks the means a little


def test_the_limits_are_decided_and_the_worst_is_the_exit_code(audited):
    verdicts = {one["limit"]: one["verdict"] for one in audited.numbers["limits"]}
    assert verdicts == {"psnr:1": "above", "psnr:199": "undecided"}
    assert audited.numbers["exit_code"] == 1
    told = " ".join(str(audited).split())
    assert "limit psnr:199" in told
    assert "neither proven nor refuted" in told


def test_the_page_tells_all_and_loads_nothing(audited, tiny_run):
    page = (audited.folder / "audit.html").read_text()
    assert audited.numbers["sentence"] in page
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)
    assert str(tiny_run.parent) not in page
    # Eight test pictures, and what is made of two releases, and the figure.
    assert page.count("<img") == 3 * 8 + 1
    assert "python -m loft_jax.audit target" in page
    assert "Limit psnr:199: <strong>undecided</strong>, neither proven nor refuted." in page


def test_a_stopped_audit_goes_on_to_the_same_bits(audited, tiny_run, tmp_path, monkeypatch):
    asked = {"release": ["code", "label"], "noise": [0.1]}
    with monkeypatch.context() as patched:
        patched.setattr(session, "Interrupt", Fourth)
        with pytest.raises(Stopped, match="audit --resume"):
            loft_jax.audit(tiny_run, **SMALL, **asked, out=str(tmp_path / "cut"))
    assert not (tmp_path / "cut" / "audit.json").exists()
    assert list((tmp_path / "cut" / "parts").iterdir())
    with pytest.raises(InputError, match="`--seed` must be left out beside --resume"):
        loft_jax.audit(resume=str(tmp_path / "cut"), seed=3)
    whole = loft_jax.audit(resume=str(tmp_path / "cut"), limit=["psnr:199"])
    assert whole.numbers["releases"] == audited.numbers["releases"]
    assert whole.numbers["exit_code"] == 3


def test_the_attack_on_classes_is_judged_within_the_audit(tiny_run, tiny_judges, tmp_path):
    asked = {**LABEL, "class_attack": "mi-face", "classes": 2}
    asked["evaluators"] = [str(one) for one in tiny_judges]
    found = loft_jax.audit(tiny_run, **asked, out=str(tmp_path / "a"), limit=["retrieval:0.5"])
    classes = found.numbers["class_level"]
    assert (classes["classes"], classes["of"]) == (2, 10)
    value, low, high = classes["measures"]["accuracy_at_1"]
    assert 0 <= low <= value <= high <= 1
    assert (tmp_path / "a" / "class-level" / "attack.json").is_file()
    # Nobody's identity is known here, so that nobody can be retrieved.
    assert found.numbers["exit_code"] == 3
    assert "Pictures found by the attack" in (tmp_path / "a" / "audit.html").read_text()


def test_photographs_are_measured_and_never_shown(photographs, tiny_run, tmp_path):
    asked = {**LABEL, "data": str(photographs)}
    hidden = loft_jax.audit(tiny_run, **asked, out=str(tmp_path / "hidden"))
    page = (tmp_path / "hidden" / "audit.html").read_text()
    assert page.count("<img") == 1
    assert "Pictures are not shown" in page
    assert not list((tmp_path / "hidden").rglob("*.npz"))
    assert hidden.numbers["data"] == "mine, all pictures"
    loft_jax.audit(resume=str(tmp_path / "hidden"), show_private=True)
    assert (tmp_path / "hidden" / "audit.html").read_text().count("<img") == 1 + 2 * 8


def test_a_model_of_ones_own_is_audited(tmp_path, capsys):
    data = bright_rows(tmp_path / "mine.npz", range(4), 60)
    (tmp_path / "mine.py").write_text(MODEL)
    model, out = f"{tmp_path / 'mine.py'}:net", tmp_path / "out"
    flags = ["--quick", "--release", "top-k:2", "--noise", "0", "--bits", "4"]
    code = main([model, *flags, "--data", str(data), "--out", str(out), "--limit", "psnr:1"])
    assert code == 1
    numbers = json.loads((out / "audit.json").read_text())
    assert numbers["releases"][0]["release"] == "top-k:2, 4 bits"
    # The attack's command takes run folders alone.
    assert "loft_jax.attack(target) in Python" in numbers["not_measured"][0]
    assert "limit psnr:1" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"shows \(logits, scores, label\), got code"):
        loft_jax.audit(model, **SMALL, data=str(data), release=["code"])
    with pytest.raises(InputError, match="no such picture"):
        loft_jax.audit(model.replace(":net", ":broken"), **SMALL, data=str(data))
    with pytest.raises(InputError, match="`--data` must name pictures"):
        loft_jax.audit(model, **SMALL)


def test_what_is_said_to_type_next_can_be_typed(audited, tiny_run, tmp_path):
    own = loft_jax.audit(tiny_run, **LABEL, out=str(tmp_path / "run"))
    assert f"next python -m loft_jax.audit --resume {own.folder} --limit relative:0.5" in " ".join(
        str(own).split()
    )
    data = bright_rows(tmp_path / "mine.npz", range(4), 60)
    names = tuple("abcd")
    size = np.load(data)["images"].shape[1]
    model = FunctionTarget(
        lambda x: 20 * x.mean(axis=2)[:, :, 0][:, :4], size=size, channels=1, class_names=names
    )
    found = loft_jax.audit(model, **LABEL, data=str(data), out=str(tmp_path / "object"))
    assert "--resume" not in str(found)
    assert "1 of 4" in str(found)
    page = html.unescape((found.folder / "audit.html").read_text())
    assert "python -m loft_jax.audit " not in page
    assert re.search(r"loft_jax\.audit\(MODEL, data='[^']*mine.npz', release=\['label'\], ", page)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"release": ["kode"]}, "`--release` must be features, code"),
        ({"release": ["top-k:10"]}, "fewer than the 10 classes, got top-k:10"),
        ({"limit": ["psnr"]}, "`--limit` must be psnr:DECIBELS"),
        ({"noise": [-1.0]}, "`--noise` must be a number, at least 0"),
        ({"noise": []}, "`--noise` must be one number or more"),
        ({"bits": 0}, "`--bits` must be a whole number, at least 1"),
        ({"class_attack": "magic"}, "`--class-attack` must be none or one of mi-face"),
        ({"evaluators": ["nowhere"]}, "`--evaluators` must be a folder"),
        ({"minutes": 0.0}, "`--minutes` must be a number, more than 0"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_written(tiny_run, tmp_path, settings, said):
    with pytest.raises(InputError, match=re.escape(said)):
        loft_jax.audit(tiny_run, **{**LABEL, **settings}, out=str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def test_a_model_that_is_none_and_too_few_pictures_are_refused(tiny_run, tmp_path):
    with pytest.raises(InputError, match="`MODEL` must be"):
        loft_jax.audit(tmp_path, **SMALL)
    with pytest.raises(InputError, match=r"`MODEL` must be a run folder, FILE.*got none"):
        loft_jax.audit(**SMALL)
    with pytest.raises(InputError, match=r"`MODEL` must be .*/gone, which does not exist"):
        loft_jax.audit(tmp_path / "gone", **SMALL)
    few = bright_rows(tmp_path / "few.npz", range(3), 10)
    with pytest.raises(InputError, match=r"at least 40 people, or 200 pictures.*got 30 pictures"):
        loft_jax.audit(tiny_run, **LABEL, data=str(few), out=str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()
