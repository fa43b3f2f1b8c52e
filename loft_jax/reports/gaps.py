"""What was not measured: sentences that are true of this table and these folders."""

from collections.abc import Iterator

import polars as pl

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.data.sources import source_of
from loft_jax.findings.budgets import named
from loft_jax.reports.gather import Material

FEW = 6
"""Classes of which little is learnt, however honest their interval."""


def gaps(material: Material) -> list[str]:
    """One sentence each, most important first."""
    found = [*_of_data(material)]
    if len(material.table):
        found += [*_of_attacks(material.table), *_of_defenses(material)]
        found += _of_measures(material)
    return [*found, *_of_runs(material), *material.notes]


def _of_data(material: Material) -> Iterator[str]:
    if _is_drawn(material):
        yield "Real people: these faces are synthetic and say little of photographs."
    trunks = {run.model["trunk"] for run in material.runs.values()}
    if len(trunks) == 1:
        yield f"Other networks: the only trunk is {trunks.pop()}; the only data are these."


def _is_drawn(material: Material) -> bool:
    """Whether a law drew all people."""
    runs = material.runs.values()
    return bool(runs) and all(source_of(run.config.data.data).law is not None for run in runs)


def _of_attacks(table: pl.DataFrame) -> Iterator[str]:
    attacks = sorted(table["attack"].unique().to_list())
    others = sorted(set(RECIPES) - {named(attack).attack for attack in attacks})
    if others:
        yield f"Other attacks: only {', '.join(attacks)}; not {', '.join(others)}."
    priors = sorted(table["prior"].unique().to_list())
    yield f"Other priors: only {', '.join(priors)}. A better generator may find more."
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
        yield f"Enough classes: fewer than {FEW} say little of others."


def _of_defenses(material: Material) -> Iterator[str]:
    table = material.table
    defended = table.filter(pl.col("baselines") != "")
    tried = set(defended["adaptive"].unique().to_list()) - {"none"}
    known = [run.config.model.defense for run in material.runs.values() if run.model["baselines"]]
    missing = [
        name
        for name in dict.fromkeys(["logit", *(form for one in known for form in one.adaptive)])
        if name not in tried
    ]
    if len(defended) and not tried:
        yield "An attacker who knows the defense: there is no adaptive attack; one may find more."
    elif len(defended) and missing:
        yield f"These adaptive attacks: {', '.join(missing)}."
    if len(defended) == len(table):
        yield "A baseline: nothing says how much a defense changes."
    if not len(defended):
        yield "A defense: all models are baselines."


def _of_measures(material: Material) -> Iterator[str]:
    table = material.table
    if table["identity_error"].null_count() == len(table):
        made = _is_drawn(material)
        why = "--identity measures it" if made else "true traits are known of synthetic people only"
        yield f"Identity error ({why})."
    elif table["identity_error"].null_count():
        yield "Identity error of some attacks."
    attacks = [attack.result for attack in material.attacks.values()]
    without = [one for one in attacks if any(judge.fid is None for judge in one.evaluators)]
    if without:
        yield (
            f"FID, for {len(without)} of {len(attacks)} attacks: it needs more reconstructions "
            "than an evaluator has features (more --classes or --per-class)."
        )
    if attacks and not any(one.inception for one in attacks):
        yield "FID as published, on Inception-v3: no weights were given (--features)."
    if attacks and all(one.pooled is None or one.pooled.knowledge is None for one in attacks):
        yield "Knowledge extraction (--knowledge)."


def _of_runs(material: Material) -> Iterator[str]:
    runs = material.runs.values()
    missing = [run for run in runs if run.leakage is None]
    if missing:
        yield (
            f"Relative IIE and bits of {len(missing)} of {len(runs)} runs; python -m "
            "loft_jax.evaluate RUN measures them."
        )
    devices = {d for run in runs for d in run.environment.devices}
    if devices and all(device.startswith("cpu") for device in devices):
        yield "A GPU or TPU: all runs were on CPUs, and their times are of these."
    if material.failures:
        yield f"What failed: {len(material.failures)}, listed below."
