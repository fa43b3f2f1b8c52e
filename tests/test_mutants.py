"""Each wrong version of the theory can still be made; whether tests notice it takes minutes."""

import pytest
from mutants import every_mutant


@pytest.mark.parametrize("mutant", every_mutant(), ids=lambda mutant: mutant.reason)
def test_what_it_replaces_is_in_its_file_once(mutant):
    assert mutant.problem() is None
