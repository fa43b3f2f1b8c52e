"""What the weights tell of a person: an attack on classes, judged, in a folder inside the audit."""

import dataclasses
from pathlib import Path
from typing import Any

from loft_jax.attacks.folder import NUMBERS, AttackFolder
from loft_jax.attacks.settings import AttackConfig, quick
from loft_jax.auditing.settings import QUICK_CLASSES, AuditConfig
from loft_jax.errors import DivergenceError, InputError
from loft_jax.fitting.fitted_folder import RESULT
from loft_jax.fitting.records import Learnt
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.judging.evaluators import default_judges
from loft_jax.judging.session import attack_and_judge
from loft_jax.judging.settings import Judges
from loft_jax.runs.folder import CONFIG

MEASURES = (
    "accuracy_at_1", "lookalike_accuracy_at_1", "open_set_accuracy",
    "lookalike_open_set_accuracy", "retrieval_at_1", "lookalike_retrieval_at_1",
    "independent_retrieval_at_1", "independent_lookalike_retrieval_at_1",
    "independent_verification", "independent_lookalike_verification",
    "independent_real_verification",
)  # fmt: skip
"""Of attack.json: what is told, each with its interval and its control."""
ATTACK_SECONDS = 45.0
"""What an attack of the default size and its judgement take on two cores, about."""


def seconds_needed(run: RunFolder, evaluators: tuple[str, ...]) -> float:
    """About how long the attack will take, with judges that must be trained first.

    Args:
        run: the model.
        evaluators: judges that are there.
    """
    if evaluators:
        return ATTACK_SECONDS
    try:
        result = run.read(RESULT, Learnt)
        judges = default_judges(run.config(), run.description().size)
    except InputError:  # told when it is tried
        return ATTACK_SECONDS
    home = run.path / "evaluators"
    missing = [
        one
        for one in judges
        if not (home / f"{one.model.trunk}-seed{one.run.seed}" / RESULT).is_file()
    ]
    each = result["seconds_compile"] + result["seconds_train"]
    return ATTACK_SECONDS + each * len(missing)


def class_level(config: AuditConfig, run: RunFolder, place: Path) -> dict[str, Any] | str:
    """What the attack finds, for audit.json; or one sentence why that is not known.

    Args:
        config: of the audit.
        run: the model.
        place: the attack's folder, which may be there from before.

    Raises:
        Stopped: if a signal came; what was finished is kept.
    """
    try:
        asked = _asked(config, run, place)
        judges = Judges(evaluators=config.evaluators, show_private=config.show_private)
        numbers = attack_and_judge(asked, judges).numbers
    except (InputError, DivergenceError) as error:
        return f"the attack on classes: {error}"
    if "pooled" not in numbers:
        return "who was found by the attack on classes: the private pictures are not there to judge"
    pooled = numbers["pooled"]
    return {
        "attack": numbers["attack"],
        "adaptive": numbers["adaptive"],
        "prior": numbers["prior"],
        "classes": numbers["classes"],
        "of": run.description().classes,
        "per_class": numbers["per_class"],
        "withheld": numbers["withheld"],
        "measures": {
            name: [pooled.get(f"{name}{end}") for end in ("", "_low", "_high")]
            for name in MEASURES
            if pooled.get(name) is not None
        },
        "folder": place.name,
    }


def _asked(config: AuditConfig, run: RunFolder, place: Path) -> AttackConfig:
    if (place / CONFIG).is_file():
        return dataclasses.replace(AttackFolder.open(place).config(), resume=str(place))
    most = min(config.classes, QUICK_CLASSES) if config.quick else config.classes
    asked = AttackConfig(
        path=str(run.path),
        attack=config.class_attack,
        classes=f"0:{min(most, run.description().classes)}",
        seed=config.seed,
        out=str(place),
        device=config.device,
        cache=config.cache,
    )
    return quick(asked) if config.quick else asked


def is_judged(place: Path) -> bool:
    """Whether the attack in this folder is finished and judged."""
    return (place / NUMBERS).is_file()
