"""What an attack may ask is part of its name."""

import pytest

from loft_jax.findings.budgets import asking, named


@pytest.mark.parametrize(("attack", "queries"), [("evo", 1000), ("label-nes", 1), ("a, b", 10**8)])
def test_a_budget_is_read_out_of_a_name_again(attack, queries):
    assert named(asking(attack, queries)) == (attack, queries)
    assert named(attack) == (attack, None)
