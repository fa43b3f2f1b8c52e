"""The notebooks as pages: run first where DOCS_EXECUTE is true, else their words and code."""

import os
import re
from pathlib import Path
from typing import Any

import nbformat
from latex2mathml.converter import convert
from nbconvert import MarkdownExporter
from nbconvert.preprocessors import ExecutePreprocessor

FOLDER = Path(__file__).parents[2] / "notebooks"
SECONDS = 600
RICH = '<pre style="white-space:pre'
"""How lines that commands print begin, as rich shows them in notebooks."""
_MATH = re.compile(r"\$\$(.+?)\$\$([.,]?)|\$(.+?)\$", re.DOTALL)


def pages() -> dict[str, str | bytes]:
    """Pages and their pictures by name."""
    made: dict[str, str | bytes] = {}
    for path in sorted(FOLDER.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        if os.environ.get("DOCS_EXECUTE", "").lower() == "true":
            ExecutePreprocessor(timeout=SECONDS).preprocess(book, {"metadata": {"path": FOLDER}})
        book.metadata.language_info = {"name": "python"}
        for cell in book.cells:
            if cell.cell_type == "markdown":
                cell.source = _MATH.sub(_mathml, cell.source)
            else:
                cell.outputs = [one for one in cell.outputs if not _told_while_it_ran(one)]
        text, extra = MarkdownExporter().from_notebook_node(
            book, {"unique_key": path.stem, "output_files_dir": f"{path.stem}_files"}
        )
        made[f"{path.stem}.md"] = text
        made |= extra.get("outputs", {})
    return made


def _told_while_it_ran(output: dict[str, Any]) -> bool:
    """Progress, folders and warnings of this machine, which tell a reader nothing."""
    lines = "".join(output.get("data", {}).get("text/html", ""))
    return output.get("name") == "stderr" or lines.startswith(RICH)


def _mathml(found: re.Match[str]) -> str:
    """LaTeX as MathML, which browsers draw themselves: no script, no network."""
    block = found[1] is not None
    latex = (found[1] or found[3]).rstrip() + (found[2] or "")
    drawn = convert(latex.replace(r"\mathbb R", "ℝ"), display="block" if block else "inline")
    # Within a span, or a line that begins with it would be a paragraph of its own.
    return drawn if block else f"<span>{drawn}</span>"
