"""The columns of the tidy table, and which of them say what."""

from typing import Any

import polars as pl

WORLD = ("data", "fingerprint", "noun", "trunk")
"""Columns that a defense shares with the baseline it is compared with."""
DEFENSE = (
    "defense",
    "strength",
    "variant",
    "spec",
    "strength_name",
    "label",
    "baselines",
    "remark",
)
"""Columns that say which defense."""
MODEL = (*WORLD, *DEFENSE)
"""Columns that say which classifier, up to its seed."""
ATTACK = ("attack", "adaptive", "prior")
"""Columns that say which attack."""
SEARCHED = "searched"
"""In the column `adaptive`: the form was chosen among several that know the defense."""
SETTING = (*MODEL, *ATTACK)
CURVE = (*WORLD, "defense", "variant", "strength_name")
"""Columns that the points of one line over strengths share, beside the attack."""

SCHEMA: dict[str, Any] = {
    "data": pl.String,  # name of the source, or the file's or folder's
    "fingerprint": pl.String,  # of the pictures: equal for the same people only
    "noun": pl.String,  # what its classes are: people, digits, classes
    "trunk": pl.String,  # as it was before the defense edited it
    "defense": pl.String,  # its row in the table of defenses
    "strength": pl.Float64,  # none where it has no number
    "strength_name": pl.String,  # what that number is called: rank, weight, ...
    "variant": pl.String,  # what else differs from its defaults; empty if nothing does
    "spec": pl.String,  # as --defense has it
    "label": pl.String,  # for a reader
    "baselines": pl.String,  # specs, the most alike first, with spaces; empty for a baseline
    "remark": pl.String,  # of the defense on its strength; what has one is never praised
    "seed": pl.Int64,
    "attack": pl.String,
    "adaptive": pl.String,
    "prior": pl.String,
    "class": pl.Int64,
    "accuracy_at_1": pl.Float64,  # mean over reconstructions and evaluators, as all outcomes are
    "lookalike_accuracy_at_1": pl.Float64,  # of the same attack without its search
    "open_set_accuracy": pl.Float64,  # above what 0.1 % of strangers reach
    "lookalike_open_set_accuracy": pl.Float64,
    "real_accuracy_at_1": pl.Float64,  # of the same judges on real held-out pictures
    "retrieval_at_1": pl.Float64,  # among all private people; none where they are not known
    "independent_retrieval_at_1": pl.Float64,  # by a judge that never saw the private people
    "independent_verification": pl.Float64,
    "independent_lookalike_verification": pl.Float64,
    "independent_real_verification": pl.Float64,
    "accuracy_at_5": pl.Float64,
    "feature_distance": pl.Float64,
    "ssim": pl.Float64,
    "identity_error": pl.Float64,  # none where true people are not known
    "withheld": pl.String,  # why no verdict may rest on these judges; none where it may
    "classes": pl.Int64,  # of the classifier: chance is 1 / classes
    "judge_accuracy": pl.Float64,  # of the evaluators themselves on held-out pictures, their mean
    "test_accuracy": pl.Float64,
    "validation_accuracy": pl.Float64,
    "retention": pl.Float64,  # of cut heads only: share of the spectrum that was kept
    "code_rank": pl.Int64,
    "code_effective_rank": pl.Float64,
    "head_iie": pl.Float64,  # relative IIE of the features given the code (linear, Gaussian)
    "head_bits": pl.Float64,
    "seconds_train": pl.Float64,
    "seconds_attack": pl.Float64,
    "peak_memory_bytes": pl.Int64,
    "run": pl.String,  # folders, relative to the table's
    "attack_folder": pl.String,
}
COSTS = ("seconds_train", "seconds_attack", "peak_memory_bytes")
"""Columns that are not the same when the same is computed twice."""
HITS = (
    "accuracy_at_1",
    "lookalike_accuracy_at_1",
    "open_set_accuracy",
    "lookalike_open_set_accuracy",
    "real_accuracy_at_1",
    "retrieval_at_1",
    "independent_retrieval_at_1",
    "independent_verification",
    "independent_lookalike_verification",
    "independent_real_verification",
    "accuracy_at_5",
)
"""Outcomes of a class that are shares."""
OUTCOMES = (*HITS, "feature_distance", "ssim", "identity_error")
NEVER_NONE = ("noun", "defense", "strength_name", "variant", "label", "baselines", "seed", "class",
              "accuracy_at_1", "classes", "test_accuracy", "run", "attack_folder")  # fmt: skip
"""Columns without gaps."""
