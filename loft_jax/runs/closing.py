"""The table that ends a command: what was measured, its value, and what it means."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

Row = tuple[str, str, str]


def rows_table(rows: Iterable[Row], title: str) -> Table:
    """Rows of name, value and meaning."""
    table = Table(title=Text(title), title_justify="left", show_header=False, pad_edge=False)
    table.add_column("what", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("meaning", style="dim")
    for row in rows:
        table.add_row(*row)
    return table
