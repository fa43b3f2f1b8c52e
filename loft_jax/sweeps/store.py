"""Where the cells of a sweep lie, and how far each has come."""

from pathlib import Path
from typing import Literal

from loft_jax.errors import InputError
from loft_jax.runs.files import read_json, write_json
from loft_jax.runs.folder import CONFIG
from loft_jax.sweeps.cells import Job

Status = Literal["missing", "begun", "done"]


class Store:
    """The folder of a sweep.

    Attributes:
        root: models/, priors/, attacks/ with a folder for each cell; units/ and logs/ of the work;
            failures/; and the table, pictures and numbers of all.
    """

    def __init__(self, root: Path):
        self.root = root.resolve()

    def path(self, cell: Job) -> Path:
        """The cell's folder."""
        return cell.folder(self.root)

    def status(self, cell: Job) -> Status:
        """How far the cell has come.

        Raises:
            InputError: if its folder was damaged: it does not hold what its name says.
        """
        folder = self.path(cell)
        if not (folder / CONFIG).exists():
            return "missing"
        try:
            found, wanted = cell.asked(folder)
            finished = cell.finished(folder)
        except InputError as error:
            raise InputError(_damaged(folder, str(error))) from error
        if found != wanted:
            raise InputError(_damaged(folder, "its config.json is that of another cell"))
        return "done" if finished else "begun"

    def is_done(self, cell: Job) -> bool:
        """Whether it has its numbers; a damaged cell is left to the worker, who says so."""
        try:
            return self.status(cell) == "done"
        except InputError:
            return False

    def is_whole(self, cell: Job) -> bool:
        """Whether it is done and no picture was lost."""
        folder = self.path(cell)
        return self.is_done(cell) and all((folder / name).exists() for name in cell.pictures_drawn)

    def fail(self, cell: Job, error: str) -> None:
        """Record why a cell failed."""
        self._failure(cell).parent.mkdir(exist_ok=True)
        write_json(self._failure(cell), {"cell": cell.name, "error": error})

    def clear_failure(self, cell: Job) -> None:
        """Forget an earlier failure."""
        self._failure(cell).unlink(missing_ok=True)

    def failure(self, cell: Job) -> str | None:
        """Why the cell failed when it was last tried; None if it did not."""
        path = self._failure(cell)
        return str(read_json(path).get("error")) if path.exists() else None

    def _failure(self, cell: Job) -> Path:
        return self.root / "failures" / f"{cell.name}.json"


def _damaged(folder: Path, reason: str) -> str:
    return (
        f"`{folder}` must be a cell as the sweep left it, got {reason}; remove it to run it again"
    )
