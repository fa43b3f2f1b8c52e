"""No judge has the architecture of a model that helped the attack."""

import pytest

from loft_jax.errors import InputError
from loft_jax.judging.evaluators import check_helpers


def test_a_judge_that_is_built_like_a_helper_is_refused(tiny_run):
    with pytest.raises(InputError, match=r"than the models that help .* got .* with small_cnn"):
        check_helpers(["small_densenet", "small_cnn"], (str(tiny_run),))


def test_others_may_judge(tiny_run):
    check_helpers(["small_densenet", "small_squeezenet"], (str(tiny_run),))
    check_helpers([], (str(tiny_run),))
