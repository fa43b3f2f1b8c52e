"""Numbers that are read back to be told: an entry that is missing or odd is one sentence."""

from pathlib import Path

import numpy as np
import pytest

from loft_jax.attacks.closing import closing_table as told_attack
from loft_jax.attacks.folder import AttackFolder
from loft_jax.attacks.records import ToldSearch
from loft_jax.errors import InputError
from loft_jax.fitting.closing import closing_table as told_run
from loft_jax.fitting.generators.closing import closing_table as told_prior
from loft_jax.fitting.generators.folder import PriorFolder
from loft_jax.fitting.generators.records import ToldPrior
from loft_jax.fitting.records import ToldRun
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.settings import TrainConfig
from loft_jax.judging.closing import closing_table as told_judgement
from loft_jax.judging.intervals import pooled_numbers
from loft_jax.judging.session import _judged_before
from loft_jax.runs.arrays import write_arrays

WRONG = (None, True, -1, "x", [])
HITS = np.array([1.0, 0.5, 1.0, 0.5])
COST = {
    **dict.fromkeys(("seconds_compile", "seconds_total"), 1.0), "peak_memory_bytes": 2**20
}  # fmt: skip
RUN = {
    **COST, "test_accuracy": 0.9, "test_accuracy_low": 0.8, "test_accuracy_high": 1.0,
    "pictures": 451, "head_weight_rank": 2, "feature_width": 128, "feature_rank": 95,
    "feature_effective_rank": 54.8, "code_rank": 2, "code_effective_rank": 1.9,
    "pca_lda_accuracy": 0.9, "remark": None, "validation_accuracy": 0.9, "best_epoch": 1,
    "epsilon": 1.0, "delta": 1e-5, "epsilon_if_sampled": 0.5, "guarantee": "so much",
    "seconds_train": 1.0, "seconds_evaluate": 1.0,
}  # fmt: skip
DISTANCE = {
    "fid": 9.0, "fid_of_public": 1.0, "fid_missing": None, "fid_pictures": 99, "fid_features": "x"
}  # fmt: skip
PRIOR = {
    **COST, **DISTANCE, "spread": 0.2, "seconds_fit": 1.0, "of_target": DISTANCE, "questions": 3
}  # fmt: skip
SEARCH = {
    **COST, "target_confidence": 0.9, "queries": 30, "queries_shared": 10, "queries_allowed": 9,
    "classes": 4, "seconds_candidates": 1.0, "seconds_search": 1.0, "memory_budget_bytes": 2**30,
    "memory_before_bytes": 2**20,
}  # fmt: skip
INSTANCE = {
    "size": 8, "channels": 1, "class_names": ["a", "b"], "prior": "pixels", "prior_offers": [],
    "seed": 0, "classes_at_a_time": 2, "helpers": [],
}  # fmt: skip


def changed(values):
    """The values with each entry left out, and with each odd one in its place."""
    for name, old in values.items():
        yield name, {key: one for key, one in values.items() if key != name}
        for odd in WRONG:
            if type(odd) is not type(old) or odd != old:
                yield name, {**values, name: odd}


@pytest.mark.parametrize(
    ("kind", "name", "holds", "values", "told"),
    [
        (RunFolder, "result.json", ToldRun, RUN, lambda n, at: told_run(n, TrainConfig(), at)),
        (PriorFolder, "result.json", ToldPrior, PRIOR, told_prior),
        (AttackFolder, "search.json", ToldSearch, SEARCH, told_attack),
    ],
)
def test_what_is_read_can_be_told_or_is_refused_in_a_sentence(
    kind, name, holds, values, told, tmp_path
):
    folder = kind.create(str(tmp_path / "x"), "", config={})
    refused = {}
    for entry, numbers in [("", values), *changed(values)]:
        folder.write(name, numbers)
        try:
            found = folder.read(name, holds)
        except InputError as error:
            refused[entry] = str(error)
        else:
            told(found, folder.path)
    assert refused.keys() == values.keys()
    for sentence in refused.values():
        assert str(folder.path / name) in sentence
        assert "\n" not in sentence


def test_what_judges_ask_of_an_attack_is_there_or_refused(tmp_path):
    folder = AttackFolder.create(str(tmp_path / "x"), "", config={})
    folder.write("instance.json", INSTANCE)
    assert folder.check_instance({"size": 8}) == 2
    for name in sorted(INSTANCE.keys() - {"helpers"}):
        folder.write("instance.json", {k: one for k, one in INSTANCE.items() if k != name})
        with pytest.raises(InputError, match=rf"instance\.json.*no `{name}`"):
            folder.instance()
        folder.write("instance.json", {**INSTANCE, name: None})
        with pytest.raises(InputError, match=rf"instance\.json.*`{name}`"):
            folder.check_instance({})


def judged():
    """Numbers of attack.json that the closing table tells."""
    measured = ("accuracy_at_1", "lookalike_accuracy_at_1", "accuracy_at_5", "open_set_accuracy")
    numbers = pooled_numbers(dict.fromkeys(measured, HITS))
    judge = {"name": "a", "fid": None, "fid_missing": None, "test_accuracy": 0.9, **numbers}
    return {
        **SEARCH, "seconds_measure": 1.0, "pooled": numbers, "evaluators": [judge],
        "withheld": None, "independent": {"name": None, "missing": "none"},
        "open_set": {"false_rate": 0.001, "strangers": 8192, "missing": None},
    }  # fmt: skip


def test_an_attack_whose_numbers_cannot_be_told_is_judged_again(tmp_path):
    folder = AttackFolder.create(str(tmp_path / "x"), "", config={})
    for name in ("reconstructions.npz", "outcomes.npz"):
        write_arrays(folder.path / name, labels=np.arange(2))
    (folder.path / "reconstructions.png").write_bytes(b"")
    whole = judged()
    told_judgement(whole, Path("x"))
    own = {name: one for name, one in whole.items() if name not in SEARCH}
    again = set()
    for entry, numbers in [("", own), *changed(own)]:
        folder.write("attack.json", {**SEARCH, **numbers})
        if _judged_before(str(folder.path)) is None:
            again.add(entry)
    assert again == own.keys()
    for name in ("accuracy_at_5", "open_set_accuracy_low", "accuracy_over_lookalikes"):
        fewer = {key: one for key, one in whole["pooled"].items() if key != name}
        folder.write("attack.json", {**whole, "pooled": fewer})
        assert _judged_before(str(folder.path)) is None
