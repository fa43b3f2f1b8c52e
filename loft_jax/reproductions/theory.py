"""Is rank what leaks? Heads of one rank that leak unlike, by theory, by a decoder, by an attack."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.text import Text

from loft_jax.errors import InputError
from loft_jax.findings.records import RunResult
from loft_jax.findings.rows import outcomes
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.reproductions.instance import Instances
from loft_jax.reproductions.settings import ReproduceConfig
from loft_jax.reproductions.theory_effects import OUTCOMES, effects, sentences
from loft_jax.reproductions.theory_heads import asked_of, heads
from loft_jax.reproductions.theory_page import markdown, picture
from loft_jax.runs import schema
from loft_jax.runs.drawing import draw
from loft_jax.runs.environment import environment
from loft_jax.runs.files import write_bytes, write_json
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.parts import read_part
from loft_jax.runs.session import Result, console
from loft_jax.sweeps.cells import Attack
from loft_jax.sweeps.cells.model import EVALUATION
from loft_jax.sweeps.folder import opened
from loft_jax.sweeps.grid import Grid
from loft_jax.sweeps.look import Look
from loft_jax.sweeps.session import compute, failures
from loft_jax.sweeps.store import Store

TITLE = "Is rank what leaks? Theory, decoders and attacks on the same heads"


def reproduce_theory(config: ReproduceConfig, folder: Path, command: str, started: float) -> Result:
    """Train and attack the heads, decode what they release, and hold the three together.

    Raises:
        InputError: if it is asked of other pictures than drawn faces, or no attack ends well.
        Stopped: if a signal came; all is saved.
    """
    _check(config)
    asked, look, out = asked_of(config), Look(), console()
    cells = heads(asked, look)
    out.print(f"{config.name}: {TITLE}")
    store = opened(Path(asked.out))
    compute(cells, asked, store, look, out)
    rows = rows_of(cells, store, out, smoke=config.quick)
    failed = failures(cells, store)
    if not rows:
        reason = next(iter(failed.values()), "nothing was computed")
        msg = f"`{config.name}` must have an attack that ends well, got none: {reason}"
        raise InputError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    found = effects(rows)
    said = sentences(found)
    numbers = {
        "conclusions": said,
        "effects": [{**one._asdict(), "size": one.size._asdict()} for one in found],
        "heads": rows,
        "failed": failed,
    }
    write_json(folder / "theory.json", numbers)
    write_bytes(folder / "table.md", markdown(TITLE, rows, found, said, command).encode())
    seconds = time.perf_counter() - started
    write_json(
        folder / "sweep.json",
        {"command": command, "config": schema.write(asked), "seconds": seconds, "failed": failed,
         "environment": environment()},
    )  # fmt: skip
    draw(out, folder / "theory.png", lambda: picture(rows, found))
    return Result(folder, numbers, _closing(said, failed, folder, seconds))


def rows_of(cells: Grid, store: Store, out: Console, *, smoke: bool) -> list[dict[str, Any]]:
    """A row for each head whose attack is finished; heads on one trunk one after the other.

    Raises:
        InputError: if a run is damaged.
        Stopped: if a signal came; what was decoded is kept.
    """
    done = [one for one in cells.attacks if store.is_done(one) and store.is_done(one.model)]
    if not done:
        return []
    instances = Instances(store, done[0].model.pictures, smoke=smoke)
    done.sort(key=lambda one: (one.model.start or one.model).name)
    rows = []
    with Interrupt() as interrupt:
        for attack in track(done, "decoding answers", console=out, transient=True):
            interrupt.check("the same command")
            rows.append(_row(attack, store, instances))
    return rows


def _row(attack: Attack, store: Store, instances: Instances) -> dict[str, Any]:
    model = attack.model
    run, defense = RunFolder.open(str(store.path(model))), model.config.model.defense
    leakage = run.read(EVALUATION)["head_leakage"]
    decoded = instances.of(model)
    _, found = outcomes(store.path(attack) / "outcomes.npz")
    features, code = decoded["features"]["latents"], decoded["code"]["latents"]
    return {
        "label": defense.label,
        "kind": defense.about.title,
        "epochs": model.config.optim.epochs,
        "seed": model.config.run.seed,
        # As it is named: of a cut one rounding may leave fewer. The plain head has its own.
        "log2_rank": float(np.log2(defense.strength or leakage["rank"])),
        "test_accuracy": read_part(RunResult, run.path / "result.json").test_accuracy,
        "margin": decoded["margin"],
        "feature_iie": leakage["relative"],
        "position": leakage["position"],
        "effective_rank": leakage["effective_rank"],
        "feature_traits": features["traits"]["value"],
        "feature_texture": features["texture"]["value"],
        "code_error": code["identity"]["value"],
        "code_traits": code["traits"]["value"],
        "code_texture": code["texture"]["value"],
        "ridge_traits": decoded["code"]["ridge"]["traits"]["value"],
        "decoded": decoded,
        **{name: float(found[name].mean()) if name in found else None for name in OUTCOMES},
    }


def _check(config: ReproduceConfig) -> None:
    """Check that the law of the pictures is known, which decoders learn from.

    Raises:
        InputError: if it is not.
    """
    for flag, value, allowed in (("scale", config.scale, ("laptop",)),
                                 ("data", config.data, (None, "faces"))):  # fmt: skip
        if value not in allowed:
            why = f"for {config.name}, which needs a known law"
            msg = f"`--{flag}` must be {allowed[-1]} {why}, got {value}"
            raise InputError(msg)


def _closing(said: list[str], failed: dict[str, str], folder: Path, seconds: float) -> Text:
    lost = [f"failed    {len(failed)} cells; type the command again"] if failed else []
    lines = [*said, *lost, f"{seconds:.0f} s", f"look at   {folder / 'theory.png'}",
             f"numbers   {folder / 'theory.json'}, {folder / 'table.md'}"]  # fmt: skip
    return Text("\n".join(lines))
