"""What `mkdocs build` makes beside docs/*.md: pages from tables, docstrings and READMEs."""

import re
from pathlib import Path
from typing import Any

import licences
import reference
import tables
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import notebooks

ROOT = Path(__file__).parents[2]
BORROWED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "proofs/README.md": "proofs.md",
    "proofs/coq/README.md": "proofs-coq.md",
    "benchmarks/README.md": "timings.md",
    "notebooks/README.md": "notebooks.md",
}
"""Files of the repository that are pages of the site, too."""
_LINK = re.compile(r"\]\(([^)\s#]+)(#[^)]*)?\)")


@event_priority(100)  # before plugins look at the files
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    pages: dict[str, str | bytes] = {
        page: _linked((ROOT / source).read_text(encoding="utf-8"), (ROOT / source).parent)
        for source, page in BORROWED.items()
    }
    pages |= tables.pages() | reference.pages() | licences.pages() | notebooks.pages()
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead to the pages of the site what leads to files of the repository."""
    return _linked(markdown, ROOT / "docs")


def _linked(markdown: str, folder: Path) -> str:
    return _LINK.sub(lambda found: _link(found, folder), markdown)


def _link(found: re.Match[str], folder: Path) -> str:
    target = (folder / found[1]).resolve()
    if "://" in found[1] or not target.is_relative_to(ROOT):
        return found[0]
    name = target.relative_to(ROOT).as_posix()
    return f"]({BORROWED.get(name, name.removeprefix('docs/'))}{found[2] or ''})"
