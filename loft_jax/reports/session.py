"""A report from paths to the written file: what `python -m loft_jax.report` does."""

from pathlib import Path

from rich.text import Text

from loft_jax.findings.sentence import conclusion
from loft_jax.findings.summary import summary
from loft_jax.reports.gather import gather
from loft_jax.reports.page import page
from loft_jax.reports.settings import ReportConfig
from loft_jax.runs.files import check_place, write_bytes
from loft_jax.runs.session import Result


def write_report(config: ReportConfig) -> Result:
    """Write the report of the folders at `config.paths`.

    Raises:
        InputError: if a folder is not as it must be, they hold several data sets, or `out` cannot
            be written.
    """
    target = Path(config.out)
    check_place(target)
    material = gather([Path(path) for path in config.paths], config.data)
    written = page(material, show_private=config.show_private).encode()
    write_bytes(target, written)
    numbers = {
        "page": str(target),
        "conclusion": [said._asdict() for said in conclusion(material.table)],
        "summary": summary(material.table),
    }
    return Result(target.parent, numbers, Text(f"{target}, {len(written) / 1e6:.1f} MB"))
