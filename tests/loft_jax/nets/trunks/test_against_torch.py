"""Our trunks on the weights of torchvision's, timm's and evoLVe's networks: the same features.

All weights come from freshly initialised PyTorch modules, drawn where they would be trivial.
"""

import numpy as np
import pytest
from shallow_trunks import FAMILIES, RECORDED, abstract, drawn, pictures, summary

from loft_jax.nets.imported.arrays import wanted

pytest.importorskip("torch")
pytest.importorskip("torchvision")

from torch_trunks import CASES, both, features, loaded, shallow, shapes

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", CASES)
def test_features_are_those_of_the_other_library(case):
    if case.endswith("timm"):
        pytest.importorskip("timm")
    ours, theirs = both(case)
    size = CASES[case].size
    images = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype(np.float32)
    expected = theirs(images)
    assert expected.std() > 1e-2, "features that hardly vary would agree in anything"
    np.testing.assert_allclose(ours(images), expected, atol=1e-4 * max(1, expected.std()))


@pytest.mark.parametrize("family", FAMILIES)
def test_what_was_recorded_is_what_pytorch_gives(family):
    network = shallow(family)
    own = wanted(abstract(family), FAMILIES[family].names[0])
    assert {name: one.theirs for name, one in own.items()} == shapes(network)
    network = loaded(network, drawn(shapes(network)))
    chosen, norm = summary(features(network, pictures(FAMILIES[family].size)))
    np.testing.assert_allclose(chosen, RECORDED[family][0], atol=1e-5)
    np.testing.assert_allclose(norm, RECORDED[family][1], rtol=1e-5)
