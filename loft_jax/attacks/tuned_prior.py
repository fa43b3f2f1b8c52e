"""A prior tuned on an attack's own reconstructions: what `python -m loft_jax.tune_prior` does."""

import dataclasses
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from annotated_types import Interval
from rich.table import Table

from loft_jax.attacks.folder import SEARCH, AttackFolder
from loft_jax.attacks.tuning import Tuned, Tuning, Wanted, tuned
from loft_jax.errors import InputError
from loft_jax.priors.archive import FILE, load_gan, packed, public_hashes
from loft_jax.priors.gan import GanPrior
from loft_jax.runs import devices, schema
from loft_jax.runs.files import write_bytes
from loft_jax.runs.folder import Folder, check_free
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.schema import WHERE
from loft_jax.runs.session import Result, begin, ordinary_numbers
from loft_jax.runs.settings import Count, Device, RunConfig, Seed
from loft_jax.targets.run import load_run

RESULT = "result.json"


@dataclass(frozen=True)
class TuneConfig:
    """How a prior is tuned on what an attack found in it."""

    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="ATTACK"), WHERE] = ""
    """Finished folder of python -m loft_jax.attack, whose --prior was trained by fit_prior."""
    pictures: Count = 5
    """Reconstructions of each class that are taken for private pictures, surest first."""
    projection: Annotated[int, Interval(ge=1, le=10**6)] = 300
    """Steps that find them again from the middle of latent space."""
    steps: Annotated[int, Interval(ge=1, le=10**6)] = 150
    """Steps that move the generator's weights."""
    learning_rate: Annotated[float, Interval(gt=0, le=1e6)] = 3e-4
    """Of the weights' Adam."""
    seed: Seed = 0
    """Draws the middle of latent space."""
    out: Annotated[str | None, WHERE] = None
    """Folder, exactly; none makes a new one under runs/."""
    device: Annotated[Device, WHERE] = "auto"
    """Which kind of device to use."""
    cache: Annotated[bool, WHERE] = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""


class TunedFolder(Folder):
    """prior.npz, which `--prior` takes; result.json."""

    kind = "tuned prior"
    format = 1
    made_by = "python -m loft_jax.tune_prior"


@ordinary_numbers()
def tune_prior(config: TuneConfig, *, started: float | None = None) -> Result:
    """Tune the prior of a finished attack on the best that it found, and keep it as another.

    Raises:
        InputError: if the attack is not finished, or its prior is none that can be tuned.
        Stopped: if a signal came; nothing is written.
    """
    schema.check(config)
    attack = AttackFolder.open(config.path, "ATTACK")
    asked = attack.config()
    if SEARCH not in attack:
        msg = f"`ATTACK` must be finished, got {config.path}; finish it with python -m "
        raise InputError(msg + f"loft_jax.attack --resume {shlex.quote(config.path)}")
    if not asked.path or asked.prior is None or not Path(asked.prior).is_dir():
        msg = (
            "`ATTACK` must be one on a run folder, with a --prior that fit_prior trained, got "
            f"{config.path} with {asked.prior or 'none'}"
        )
        raise InputError(msg)
    if config.out is not None:
        check_free(Path(config.out))
    with Interrupt() as interrupt:
        session = begin(RunConfig(device=config.device, cache=config.cache), started=started)
        prior, hashes = load_gan(Path(asked.prior)), public_hashes(Path(asked.prior))
        target = load_run(asked.path, devices.data_mesh(), access="white", seed=config.seed)

        def report(stage: str, step: int, value: float) -> None:
            interrupt.check("the same command, from the start")
            if step % 50 == 0:
                session.out.print(f"{stage}, step {step}: distance {value:.4f}")

        found = _tuned(prior, target.network, attack.found(), config, report)
        made = dataclasses.replace(prior, generator=found.generator)
        stem = f"tuned-{prior.architecture.kind}-seed{config.seed}"
        folder = TunedFolder.create(config.out, stem, config=schema.write(config))
        write_bytes(folder.path / FILE, packed(made, hashes))
        numbers = {
            "distance_middle": found.middle,
            "distance_projected": found.projected,
            "distance_tuned": found.tuned,
            "seconds_total": session.seconds,
        }
        folder.write(RESULT, numbers)
        again = shlex.join(
            ["python", "-m", "loft_jax.attack", asked.path, "--attack", asked.attack]
        )
        return Result(folder.path, numbers, _table(numbers, folder.path, again))


def _tuned(
    prior: GanPrior, network: Any, found: dict[str, np.ndarray], config: TuneConfig, report: Any
) -> Tuned:
    images = found["images"][:, : config.pictures]  # best first
    labels = np.repeat(found["labels"], images.shape[1])
    flat = images.reshape(-1, *images.shape[2:]).astype(np.float32) / 255
    return tuned(
        prior,
        prior.generator,
        lambda generator: dataclasses.replace(prior, generator=generator),
        network,
        Wanted(jnp.asarray(flat), jnp.asarray(labels, jnp.int32)),
        jax.random.key(config.seed),
        Tuning(config.projection, config.steps, config.learning_rate),
        report,
    )


def _table(numbers: dict[str, Any], folder: Path, again: str) -> Table:
    table = Table(title=f"{folder}", title_justify="left", show_header=False, pad_edge=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("meaning", style="dim")
    for name, meaning in (
        ("middle", "of the middle of latent space from the reconstructions"),
        ("projected", "of what the generator drew of them before"),
        ("tuned", "of what it draws of them now"),
    ):
        table.add_row(f"distance, {name}", f"{numbers[f'distance_{name}']:.4f}", meaning)
    table.add_row("seconds, total", f"{numbers['seconds_total']:.1f}", "")
    table.add_row("attack again", "", f"{again} --prior {shlex.quote(str(folder))}")
    return table
