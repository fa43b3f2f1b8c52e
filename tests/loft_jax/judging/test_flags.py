"""Flags of an attack that goes on: none is dropped in silence, each is called as --help does."""

import pytest

from loft_jax import attack
from loft_jax.attacks.folder import AttackFolder
from loft_jax.attacks.settings import AttackConfig, quick
from loft_jax.errors import InputError
from loft_jax.runs import keywords, schema


@pytest.fixture
def going(tmp_path):
    """Gives the settings that flags make of a --quick attack of two of each class."""
    config = quick(AttackConfig(path=str(tmp_path / "run")))
    folder = AttackFolder.create(str(tmp_path / "attack"), "", config=schema.write(config))

    def asked(**flags):
        given = {"resume": str(folder.path), **flags}
        return attack._asked(lambda default: keywords.replaced(default, given)).search

    return asked


def test_what_quick_would_cut_is_compared_whole(going):
    assert going().per_class == going(per_class=2).per_class == 2
    with pytest.raises(InputError, match=r"`--per-class` must be left out .*, 2, got 3"):
        going(per_class=3)


def test_another_run_is_named_by_the_positional_argument(going, tmp_path):
    assert going(path=str(tmp_path / "run")).path == str(tmp_path / "run")
    with pytest.raises(InputError, match=r"`RUN` must be left out .*/other"):
        going(path=str(tmp_path / "other"))
