"""What was not measured: sentences that are true of this table and these folders."""

from collections.abc import Iterator
from typing import get_args

import polars as pl

from loft_jax.attacks.recipes import RECIPES
from loft_jax.attacks.settings import Adaptive
from loft_jax.data.sources import source_of
from loft_jax.reports.gather import Material

FEW = 6
"""Below so many classes the bootstrap's intervals are too narrow, see `metrics.bootstrap`."""


def gaps(material: Material) -> list[str]:
    """One sentence each, most important first."""
    found = [*_of_data(material)]
    if len(material.table):
        found += _of_attacks(material.table)
        found += _of_measures(material)
    return [*found, *_of_runs(material), *material.notes]


def _of_data(material: Material) -> Iterator[str]:
    names = [run.config.data.data for run in material.runs.values()]
    if names and all(source_of(name).law for name in names):
        yield "Real people: these faces are synthetic and say little of photographs."
    trunks = {run.model["trunk"] for run in material.runs.values()}
    if len(trunks) == 1:
        yield f"Other networks: the only trunk is {trunks.pop()}; the only data are these."


def _of_attacks(table: pl.DataFrame) -> Iterator[str]:
    attacks = sorted(table["attack"].unique().to_list())
    others = sorted(set(RECIPES) - set(attacks))
    if others:
        yield f"Other attacks: only {', '.join(attacks)}; not {', '.join(others)}."
    priors = sorted(table["prior"].unique().to_list())
    yield f"Other priors: only {', '.join(priors)}. A better generator may find more."
    defended = table.filter(pl.col("head") != "plain")
    adaptive = set(defended["adaptive"].unique().to_list())
    missing = [name for name in get_args(Adaptive) if name != "none" and name not in adaptive]
    if len(defended) and not adaptive - {"none"}:
        yield "An attacker who knows the head: there is no adaptive attack; one may find more."
    elif len(defended) and missing:
        yield f"These adaptive attacks: {', '.join(missing)}."
    if not len(table.filter(pl.col("head") == "plain")):
        yield "The plain head: nothing says how much a head changes."
    if not len(defended):
        yield "A defended head: all heads are plain."
    seeds = table["seed"].n_unique()
    if seeds == 1:
        yield (
            "Chance of training: there is a single seed; intervals are over classes and say "
            "nothing of another training."
        )
    elif seeds < 5:
        yield f"Many seeds: there are {seeds}, so intervals over seeds are wide."
    per_attack = table.group_by("attack_folder").agg(pl.col("class").n_unique())["class"]
    fewest, classes = int(per_attack.to_numpy().min()), int(table["classes"].to_numpy().max())
    if fewest < classes:
        yield f"All classes: {fewest} of {classes} were attacked."
    if fewest < FEW:
        yield f"Enough classes: with fewer than {FEW} the intervals over classes are too narrow."


def _of_measures(material: Material) -> Iterator[str]:
    table = material.table
    if table["identity_error"].null_count() == len(table):
        runs = material.runs.values()
        made = bool(runs) and all(source_of(run.config.data.data).law for run in runs)
        why = "--identity measures it" if made else "true traits are known of synthetic people only"
        yield f"Identity error ({why})."
    elif table["identity_error"].null_count():
        yield "Identity error of some attacks."
    judged = [attack.result.get("evaluators", []) for attack in material.attacks.values()]
    without = [judges for judges in judged if any(judge.get("fid") is None for judge in judges)]
    if without:
        reasons = {judge.get("fid_missing") for judges in without for judge in judges} - {None}
        why = f" ({sorted(reasons)[0].replace('`', '')})" if reasons else ""
        yield f"FID, for {len(without)} of {len(judged)} attacks{why}."
    attacks = material.attacks.values()
    if attacks and not any("inception" in attack.result for attack in attacks):
        yield "FID as published, on Inception-v3: no weights were given (--features)."
    if attacks and not any("knowledge" in attack.result for attack in attacks):
        yield "Knowledge extraction (--knowledge)."


def _of_runs(material: Material) -> Iterator[str]:
    runs = material.runs.values()
    missing = [run for run in runs if run.leakage is None]
    if missing:
        yield (
            f"Relative IIE and bits of {len(missing)} of {len(runs)} runs; python -m "
            "loft_jax.evaluate RUN measures them."
        )
    devices = {d for run in runs for d in run.environment.get("devices", [])}
    if devices and all(device.startswith("cpu") for device in devices):
        yield "A GPU or TPU: all runs were on CPUs, and their times are of these."
    if material.failures:
        yield f"What failed: {len(material.failures)}, listed below."
