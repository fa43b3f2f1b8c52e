"""The page says what the table says, loads nothing, and shows nobody who exists."""

import itertools
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

import loft_jax
from loft_jax.findings.sentence import conclusion
from loft_jax.findings.summary import summary
from loft_jax.findings.table import read_table

VOID = {"meta", "link", "img", "br", "source"}


class Document(HTMLParser):
    """Elements in order, with their attributes and text; fails where tags do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found = [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", **dict(attrs)}
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in {tag}"
        self.found.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.found.append({"tag": tag, "text": "", **dict(attrs)})

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1]["tag"] == tag, f"</{tag}> closes <{self.open[-1]['tag']}>"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag):
        return [element for element in self.found if element["tag"] == tag]


def written(out, *paths, data=None, show_private=False):
    loft_jax.report(*paths, out=str(out), data=data, show_private=show_private)
    return Document(out.read_text())


@pytest.fixture(scope="module")
def document(html):
    return Document(html.read_text())


def shown_pixels(document, folders):
    return [folders.png_of(image["src"]) for image in document.all("img")]


def test_first_stands_which_heads_protect_and_below_the_figure_the_rest(document, sweep):
    kinds = ("conclusion", "rest", "chart")
    said = [one for one in document.found if one.get("class") in kinds][:3]
    assert [one["class"] for one in said] == ["conclusion", "chart", "rest"]
    told = " ".join(one["text"] for one in said if one["class"] != "chart")
    assert told == " ".join(part for said in conclusion(read_table(sweep)) for part in said)


def test_every_number_of_the_summary_is_in_the_first_table(document, sweep):
    sorted_by = [one.get("data-value") for one in document.all("td")]
    for row in summary(read_table(sweep)):
        assert str(row["accuracy_at_1"]) in sorted_by
        assert str(row["test_accuracy"]) in sorted_by


def test_the_page_refers_to_nothing_outside_itself(document, html):
    for element in document.found:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            value = element.get(name, "#")
            assert value.startswith(("#", "data:")), (element["tag"], name, value[:80])
    assert not re.search(r"url\(|@import|https?://", html.read_text())


def test_every_picture_says_what_is_to_be_seen(document):
    images = document.all("img")
    assert images
    assert all(len(image["alt"]) > 15 for image in images)
    assert re.search(r"LoFt rank 4 under ppa .* Acc@1 0\.\d\d", images[0]["alt"])


def test_headings_descend_one_level_at_a_time(document):
    levels = [int(one["tag"][1]) for one in document.found if re.fullmatch("h[1-6]", one["tag"])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_identifiers_are_unique_and_links_lead_to_them(document):
    names = [one["id"] for one in document.found if "id" in one]
    assert len(names) == len(set(names))
    linked = [one["href"][1:] for one in document.all("a")]
    linked += [one["aria-labelledby"] for one in document.found if "aria-labelledby" in one]
    assert set(linked) <= set(names)


def test_tables_scroll_in_regions_that_the_keyboard_reaches(document):
    regions = [one for one in document.found if one.get("role") == "region"]
    assert len(regions) >= len(document.all("table"))
    for region in regions:
        assert region["tabindex"] == "0"
        assert region.get("aria-label") or region.get("aria-labelledby")


def test_what_was_not_measured_and_what_failed_is_told(document):
    text = next(one for one in document.all("main"))["text"]
    for sentence in (
        "intervals over seeds are wide",
        "only renderer",
        "adaptive attacks: logit, pre-code",
        "8 of 12 were attacked",
        "all runs were on CPUs",
        "FID, for 14 of 14 attacks: it needs more reconstructions than",
        "(more --classes or --per-class)",
        "faces-small_cnn-loft1-seed0",
        "loss is not finite",
        "python -m loft_jax.sweep --out s",
    ):
        assert sentence in text


def test_the_same_folders_make_the_same_bytes(html, sweep, tmp_path):
    written(tmp_path / "again.html", sweep)
    assert (tmp_path / "again.html").read_bytes() == html.read_bytes()


def test_private_pictures_of_synthetic_people_are_shown_as_they_were(document, folders):
    whole = np.stack(folders.private_of(8))[:, 0]
    found = [p for p in shown_pixels(document, folders) if p.shape == whole[0].shape]
    assert all(any(np.array_equal(one, picture) for picture in found) for one in whole)


@pytest.mark.parametrize("asked", [False, True])
def test_private_pictures_of_real_people_are_shown_only_if_asked(folders, tmp_path, asked):
    """Even where the attack's own sheet shows them."""
    run = folders.write_run(tmp_path / "run", data=tmp_path / "people.npz")
    folders.write_attack(run / "attacks" / "ppa", run, show_private=True)
    document = written(tmp_path / "r.html", run, show_private=asked)
    private = np.stack(folders.private_of(8))[:, 0]
    found = [p for p in shown_pixels(document, folders) if p.shape == private[0].shape]
    assert len(found) == 8 + 8 * asked
    assert any(np.array_equal(private[3], picture) for picture in found) == asked


def test_a_sheet_without_private_pictures_gives_none(folders, tmp_path):
    run = folders.write_run(tmp_path / "run", data=tmp_path / "people.npz")
    folders.write_attack(run / "attacks" / "ppa", run)
    document = written(tmp_path / "r.html", run, show_private=True)
    assert "are on no attack's sheet" in document.all("main")[0]["text"]


def test_names_from_outside_are_text_and_not_markup(folders, tmp_path):
    run = folders.write_run(tmp_path / "run", data=tmp_path / "<img src=x onerror=alert(1)>.npz")
    document = written(tmp_path / "r.html", run)
    assert "<img src=x onerror=alert(1)>" in document.all("h1")[0]["text"]


def test_runs_without_attacks_still_show_training_and_theory(folders, tmp_path):
    run = folders.write_run(tmp_path / "run", rank=16)
    document = written(tmp_path / "r.html", run)
    shown = [image["alt"] for image in document.all("img")]
    assert any(alt.startswith("Loss and accuracy of 1 run") for alt in shown)
    assert any(alt.startswith("Relative IIE") for alt in shown)
    assert "1 classifier, 0 attacks" in document.all("header")[0]["text"]


def test_a_head_cut_after_training_is_told_as_such(folders, tmp_path):
    run = folders.write_run(tmp_path / "run", defense="svd:8")
    document = written(tmp_path / "r.html", run)
    text = document.all("main")[0]["text"]
    assert "SVD cut rank 8" in text
    assert "--defense svd:8" in text
    assert not any(image["alt"].startswith("Loss") for image in document.all("img"))


def test_a_sweep_a_run_and_an_attack_go_together_each_once(folders, sweep, html, tmp_path):
    attack = next((sweep / "attacks").glob("16-0-none"))
    extra = folders.write_run(tmp_path / "extra", rank=2, seed=5)
    document = written(tmp_path / "r.html", sweep, attack, extra)
    rows = summary(read_table(sweep))
    assert "9 classifiers, 14 attacks" in document.all("header")[0]["text"]
    named = [one["text"] for one in document.all("th") if one.get("scope") == "row"]
    assert "LoFt rank 2, seed 5" in " ".join(named)
    assert sum(name == "plain head" for name in named) >= sum(not r["baselines"] for r in rows)


def test_a_moved_run_is_found_with_its_attacks(folders, tmp_path):
    run = folders.write_run(tmp_path / "run")
    folders.write_attack(run / "attacks" / "ppa", run)
    (tmp_path / "elsewhere").mkdir()
    shutil.move(run, tmp_path / "elsewhere" / "run")
    document = written(tmp_path / "r.html", tmp_path / "elsewhere" / "run")
    assert "1 classifier, 1 attack," in document.all("header")[0]["text"]


def test_folders_that_are_gone_are_told_and_the_table_still_counts(folders, sweep, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(sweep / "table.parquet", copy)
    document = written(tmp_path / "r.html", copy)
    text = document.all("main")[0]["text"]
    for said in conclusion(read_table(sweep)):
        assert said.lead in text
        assert said.rest in text
    assert "The run None-0 is in the table" in text
