"""Where the cells of a sweep lie, and how far each has come."""

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal

from loft_jax.attacks.folder import AttackFolder
from loft_jax.errors import InputError
from loft_jax.fitting.generators.config import FORMAT as FIT_FORMAT
from loft_jax.fitting.generators.config import from_dict as fit_config
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.sweeps.cells import Attack, Cell, Model, Prior

Status = Literal["missing", "begun", "done"]
RESULT = {Model: "evaluation.json", Prior: "result.json", Attack: "attack.json"}
"""What a finished cell has, written last."""
BESIDE = {Model: ("result.json", "split.json"), Prior: ("prior.npz",), Attack: ("outcomes.npz",)}
"""What it has as well."""


class Store:
    """The folder of a sweep.

    Attributes:
        root: models/, priors/, attacks/ with a folder for each cell; units/ and logs/ of the work;
            failures/; and the table, pictures and numbers of all.
    """

    def __init__(self, root: Path):
        self.root = root.resolve()

    def path(self, cell: Cell) -> Path:
        """The cell's folder."""
        kind = {Model: "models", Prior: "priors", Attack: "attacks"}[type(cell)]
        return self.root / kind / cell.name

    def prior_argument(self, attack: Attack) -> str | None:
        """What `--prior` is for this attack."""
        return str(self.path(attack.prior)) if isinstance(attack.prior, Prior) else attack.prior

    def status(self, cell: Cell) -> Status:
        """How far the cell has come.

        Raises:
            InputError: if its folder was damaged: it does not hold what its name says.
        """
        folder = self.path(cell)
        if not (folder / "config.json").exists():
            return "missing"
        try:
            found = _found(cell, folder)
            finished = (folder / RESULT[type(cell)]).exists()
            if finished:
                RunFolder(folder).read(RESULT[type(cell)])
                _check_beside(cell, folder)
        except InputError as error:
            raise InputError(_damaged(folder, str(error))) from error
        if found != _wanted(cell):
            raise InputError(_damaged(folder, "its config.json is that of another cell"))
        return "done" if finished else "begun"

    def fail(self, cell: Cell, error: str) -> None:
        """Record why a cell failed."""
        folder = self.root / "failures"
        folder.mkdir(exist_ok=True)
        RunFolder(folder).write(f"{cell.name}.json", {"cell": cell.name, "error": error})

    def clear_failure(self, cell: Cell) -> None:
        """Forget an earlier failure."""
        (self.root / "failures" / f"{cell.name}.json").unlink(missing_ok=True)

    def failure(self, cell: Cell) -> str | None:
        """Why the cell failed when it was last tried; None if it did not."""
        path = self.root / "failures" / f"{cell.name}.json"
        if not path.exists():
            return None
        return str(RunFolder(path.parent).read(path.name).get("error"))


def _check_beside(cell: Cell, folder: Path) -> None:
    for name in BESIDE[type(cell)]:
        if not (folder / name).exists():
            msg = f"no {name}"
            raise InputError(msg)
        if name.endswith(".json"):
            RunFolder(folder).read(name)


def _damaged(folder: Path, reason: str) -> str:
    return (
        f"`{folder}` must be a cell as the sweep left it, got {reason}; remove it to run it again"
    )


def _found(cell: Cell, folder: Path) -> dict[str, Any]:
    """What the folder's config.json says, in the form of `_wanted`."""
    if isinstance(cell, Model):
        run = RunFolder(folder)
        story = run.read("compression.json") if (folder / "compression.json").exists() else None
        cut = None if story is None else (story["method"], story["rank"])
        return _plain(Model(run.config(), cut).content)
    if isinstance(cell, Prior):
        values = RunFolder(folder).read("config.json")
        return _plain(Prior(fit_config({"format": FIT_FORMAT, **values}), cell.target).content)
    _, config = AttackFolder.reopen(str(folder))
    # The budget holds what the process had before, which is another whenever it is started anew.
    config = dataclasses.replace(config, memory=cell.config.memory)
    return _plain(dataclasses.replace(cell, config=config).content)


def _wanted(cell: Cell) -> dict[str, Any]:
    return _plain(cell.content)


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it: tuples are lists."""
    return json.loads(json.dumps(content))
