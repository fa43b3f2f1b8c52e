"""Pictures that never cost a result: drawn after the numbers, in one style, a failure is a word."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rich.console import Console

from loft_jax.runs.files import write_bytes


def draw(out: Console, path: Path, make: Callable[[], bytes]) -> None:
    """Write the picture that `make` draws; what goes wrong is told and stops nothing."""
    try:
        with plain_style():
            picture = make()
        write_bytes(path, picture)
    except Exception as error:  # matplotlib and its fonts fail in many ways
        said = " ".join(str(error).split())[:200] or type(error).__name__
        out.print(f"warning: {path} could not be drawn: {said}")


def plain_style() -> AbstractContextManager[None]:
    """Matplotlib's own settings, whatever the user's are; a `$` in a name is a `$`."""
    import matplotlib.style  # a second to import

    return matplotlib.style.context(["default", {"text.usetex": False, "text.parse_math": False}])


def png(figure: Any, dpi: int = 120) -> bytes:
    """The figure as a file, without any window system."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_figure(buffer, dpi=dpi)
    return buffer.getvalue()
