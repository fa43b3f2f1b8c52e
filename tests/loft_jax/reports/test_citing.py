"""Every row of the tables is cited or nobody's, and folders name what they used."""

import re
from pathlib import Path

import numpy as np
import pytest

import iie
import loft_jax
from iie import bits_bound, bounded_code_guarantee, van_trees_bound
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.auditing.folder import AuditFolder
from loft_jax.auditing.settings import AuditConfig
from loft_jax.data.sources.table import SOURCES
from loft_jax.defenses.table import DEFENSES
from loft_jax.judging.independent.table import RECOGNISERS
from loft_jax.nets.trunks.table import TRUNKS
from loft_jax.priors.table import PRIORS
from loft_jax.reports.citing import ALWAYS, BOUNDS, bibliography
from loft_jax.runs import schema

BIB = (Path(iie.__file__).parent / "references.bib").read_text(encoding="utf-8")
NOBODYS = {
    "defense none": "the undefended network of every paper",
    "trunk small_cnn": "made here, plain convolutions",
    "prior pixels": "no prior",
    "data npz": "the user's own pictures",
    "data folder": "the user's own pictures",
}
"""Rows that nobody published, and why."""
ROWS = {
    **{f"defense {name}": row.about.cite for name, row in DEFENSES.items()},
    **{f"attack {name}": row.cite for name, row in RECIPES.items()},
    **{f"trunk {name}": row.cite for name, row in TRUNKS.items()},
    **{f"prior {name}": row.cite for name, row in PRIORS.items()},
    **{f"data {name}": row.cite for name, row in SOURCES.items()},
    **{f"judge {name}": row.cite for name, row in RECOGNISERS.items()},
}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_cited_by_entries_that_exist_or_is_nobodys(row):
    assert set(ROWS[row]) <= set(bibliography())
    assert bool(ROWS[row]) != (row in NOBODYS)


def test_every_entry_is_read_whole_and_has_what_bibtex_asks_for():
    entries = bibliography()
    assert list(entries) == re.findall(r"^@\w+\{(.+),$", BIB, re.MULTILINE)
    assert set(ALWAYS) <= set(entries)
    for key, entry in entries.items():
        assert entry.count("{") == entry.count("}"), key
        for field in ("title", "author", "year"):
            assert re.search(rf"^  {field} += \{{.+\}},?$", entry, re.MULTILINE), (key, field)


def test_a_sweep_names_its_defenses_trunk_pictures_and_attack_once_each(sweep):
    cited = loft_jax.citation(sweep)
    used = {entry.key: entry.used for entry in cited.entries}
    assert used["yu2026rank"] == ("defense loft",)
    assert "attack ppa" in used["struppek2022plug"]
    assert "pictures" in used["loftiie"]
    assert len(cited.keys) == len(set(cited.keys))
    assert "wang2021improving" not in used  # MID, which nobody used
    assert f"% attack ppa\n{bibliography()['struppek2022plug']}" in str(cited)


def test_an_audit_names_its_bounds_its_attack_and_its_run(tmp_path, folders):
    run = folders.write_run(tmp_path / "run", defense="mid:0.01")
    own = write_audit(tmp_path / "own", "model.py:network", "van Trees")
    weights = write_audit(run / "audits" / "one", str(run), "bits")
    folders.write_attack(weights / "class-level", run)
    plain = write_audit(run / "audits" / "two", str(run), "none")

    def used(*paths):
        return {entry.key: entry.used for entry in loft_jax.citation(*paths).entries}

    assert used(own) == {
        "yu2026rank": (), "loftiie": (), "gill1995applications": ("lower end van Trees",),
    }  # fmt: skip
    assert used(plain)["wang2021improving"] == ("defense mid",)
    assert "struppek2022plug" not in used(plain)
    whole = used(weights)
    assert whole["struppek2022plug"] == ("attack ppa",)
    assert whole["wang2021improving"] == ("defense mid",)
    assert whole["cover2006elements"] == ("lower end bits",)
    assert used(own, weights).keys() == {*used(own), *whole}


def test_every_bound_of_an_audit_has_a_key():
    prior, slopes = np.eye(2), np.ones((50, 1, 2))
    made = (
        bits_bound(prior, 1.0),
        bounded_code_guarantee(numbers=2, latents=2, noise=1.0),
        van_trees_bound(prior, slopes, 1.0, confidence=0.9),
        van_trees_bound(prior, slopes, 1.0, generator=slopes, variance=2.0, confidence=0.9),
    )
    assert {*(bound.name for bound in made), "information"} == set(BOUNDS)


def write_audit(path, model, bound):
    config = schema.write(AuditConfig(path=model))
    folder = AuditFolder.create(str(path), "audit", config=config, others={"instance.json": {}})
    release = {"release": "logits", "intervals": {"identity": {"lower_by": bound}}}
    folder.write("audit.json", {"releases": [release]})
    return path


def test_a_report_carries_the_keys_and_the_bibtex_folded(html, sweep):
    text = html.read_text(encoding="utf-8")
    assert f"Cite: {', '.join(loft_jax.citation(sweep).keys)}." in text
    folded = re.search(r"<details>\s*<summary>BibTeX.*?</details>", text, re.DOTALL)
    assert folded is not None
    assert "@inproceedings{struppek2022plug," in folded[0]
