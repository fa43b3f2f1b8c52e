"""Commands that a message gives to type hold for folders of every name: `runs/exp[b] c`."""

import ast
import io
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from rich.table import Table

import loft_jax
from loft_jax.attacks.closing import closing_table
from loft_jax.attacks.folder import AttackFolder
from loft_jax.attacks.settings import AttackConfig
from loft_jax.auditing.closing import _next
from loft_jax.auditing.session import Job
from loft_jax.errors import InputError
from loft_jax.runs import schema
from loft_jax.runs.session import Result

ODD = "exp[b] c"
COMMAND = re.compile(r"loft_jax\.\w+ (--\w+ )?$|--resume $")
SOURCES = sorted(Path(loft_jax.__file__).parent.rglob("*.py"))


def last_word(text):
    return shlex.split(text.strip().splitlines()[-1])[-1]


def test_what_a_command_is_given_is_quoted():
    """In every f-string: `... --resume {shlex.quote(...)}`, or a name for that."""
    found = 0
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.JoinedStr):
                continue
            for before, value in zip(node.values, node.values[1:], strict=False):
                said = before.value if isinstance(before, ast.Constant) else ""
                if isinstance(value, ast.FormattedValue) and COMMAND.search(str(said)):
                    found += 1
                    given = ast.unparse(value.value)
                    quoted = given.startswith("shlex.quote(") or (
                        f"{given} = shlex.quote(" in path.read_text()
                    )
                    assert quoted, f"{path}:{node.lineno}: {given}"
    assert found > 10


def test_the_next_command_after_an_attack_and_an_audit():
    numbers = {"target_confidence": 1.0, "queries": 1, "peak_memory_bytes": 1}
    out = io.StringIO()
    Console(file=out, width=160, markup=False).print(closing_table(numbers, Path(ODD)))
    assert last_word(out.getvalue()) == ODD
    missed = {"not_measured": ["10 minutes (--minutes) are spent"], "limits": []}
    assert ODD in shlex.split(_next(missed, Path(ODD), named=True))
    assert ODD in shlex.split(_next({"not_measured": [], "limits": []}, Path(ODD), named=True))
    stopped = SimpleNamespace(folder=SimpleNamespace(path=Path(ODD)))
    assert last_word(Job._go_on.fget(stopped)) == ODD


def test_the_command_that_finishes_an_attack(tmp_path):
    config = schema.write(AttackConfig(path="run"))
    folder = AttackFolder.create(str(tmp_path / ODD), "", config=config)
    with pytest.raises(InputError, match="must be finished") as error:
        loft_jax.judge(str(folder.path))
    assert last_word(str(error.value)) == str(folder.path)


def test_brackets_in_a_printed_result_are_no_markup():
    table = Table()
    table.add_row(ODD)
    assert ODD in str(Result(Path(ODD), {}, table))
