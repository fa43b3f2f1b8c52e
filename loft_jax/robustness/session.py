"""An evaluation, and with --robustness what else the network is worth."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group

from loft_jax.fitting.evaluation import Opened, evaluate_classifier, measure, opened
from loft_jax.robustness import measures
from loft_jax.robustness.closing import closing_table
from loft_jax.robustness.drawing import picture
from loft_jax.robustness.measures import Asked, Sample
from loft_jax.robustness.settings import EvaluateFlags, RobustnessConfig, quick
from loft_jax.robustness.strangers import Strangers, strangers_for
from loft_jax.runs import files, schema
from loft_jax.runs.drawing import draw
from loft_jax.runs.session import Result, ordinary_numbers

NAME = "robustness"
REMARK = "its answers are changed by the defense; what is measured here is the network behind it"


@ordinary_numbers()
def evaluate(flags: EvaluateFlags, *, started: float | None = None) -> Result:
    """Measure the best checkpoint of a run, and its robustness if that is asked for.

    Raises:
        InputError: if the run, the pictures or the flags are not as they must be.
    """
    schema.check(flags)
    if not flags.robustness:
        return evaluate_classifier(flags, started=started)
    config = quick(flags.how) if flags.how.quick else flags.how
    found = opened(flags, started=started)
    strangers = strangers_for(
        found.run.config.data.data, found.run.config.data_seed, found.pictures, config.public,
        config.measured, found.session.out.print,
    )  # fmt: skip
    plain = measure(flags, found)
    numbers = _measured(found, config, strangers, flags.batch)
    target = _target(plain.folder, flags.out)
    files.write_json(target, {"run": str(plain.folder), "settings": schema.write(config)} | numbers)
    drawing = target.with_suffix(".png")
    draw(found.session.out, drawing, lambda: picture(numbers, f"{plain.folder}, {found.part}"))
    table = Group(plain.table, closing_table(numbers, target, drawing))
    return Result(plain.folder, {**plain.numbers, NAME: numbers}, table)


def _measured(
    found: Opened, config: RobustnessConfig, strangers: Strangers | str, batch: int
) -> dict[str, Any]:
    run, out = found.run, found.session.out
    asked = Asked(run.classifier, found.mesh, batch)
    whole = Sample(found.pictures.images[found.chosen], found.pictures.labels[found.chosen])
    attacked = whole.some(config.attacked, config.seed)
    test = whole.some(config.measured, config.seed)
    logits = asked.logits(test.pixels)
    changes = run.config.model.defense.overrides("release")
    return {
        "data": found.pictures.name,
        "part": found.part,
        "remark": REMARK if changes else None,
        "numbers_a_picture": int(np.prod(test.images.shape[1:])),
        "adversarial": measures.under_attack(asked, attacked, config, out.print),
        "calibration": measures.calibration(test, logits, config.seed),
        "corruptions": measures.on_corrupted(asked, test, logits, config.seed, out.print),
        "strangers": measures.against_strangers(asked, test, logits, strangers),
    }


def _target(run: Path, out: str | None) -> Path:
    """robustness.json in the run, or beside --out."""
    if out is None:
        return run / f"{NAME}.json"
    return Path(out).with_name(f"{Path(out).stem}-{NAME}.json")
