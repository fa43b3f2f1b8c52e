"""PPDG-MI's tuning on generators whose optimum is known, and as a command."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy import optimize

from loft_jax.attacks.tuning import Tuning, Wanted, distance, tuned
from loft_jax.errors import InputError
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.archive import FILE, load_gan, packed, public_hashes
from loft_jax.priors.base import ImagePrior
from loft_jax.priors.gan import prior_of
from loft_jax.priors.networks import networks

SLOPE = np.array([1.0, -0.5, 0.25, 0.75])
PICTURES = np.array([[0.9, 0.2, 0.4, 0.6], [0.1, 0.8, 0.3, 0.5]])


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Line(ImagePrior):
    """Pictures of 2 x 2 px on a line through the origin: one latent number times a slope."""

    slope: nnx.State
    size: int = dataclasses.field(default=2, metadata={"static": True})
    channels: int = dataclasses.field(default=1, metadata={"static": True})
    latent_dim: int = dataclasses.field(default=1, metadata={"static": True})

    def sample(self, key, n):
        return jax.random.normal(key, (n, 1))

    def decode(self, latents, labels):
        return (latents * self.slope["slope"][...][None]).reshape(-1, 2, 2, 1)


def shares(images, wanted):
    """The distance in NumPy; features are 2 x - 1."""
    total = 0
    for x, y in ((images, wanted), (2 * images - 1, 2 * wanted - 1)):
        total = total + np.sum((x - y) ** 2, -1) / np.sum(y**2, -1)
    return total


def test_the_distance_is_the_sum_of_two_shares(linear):
    network, rng = linear(np.eye(2, 4)), np.random.default_rng(0)
    images = rng.random((2, 4))
    found = distance(
        network, *(jnp.asarray(x.reshape(2, 2, 2, 1), jnp.float32) for x in (images, PICTURES))
    )
    np.testing.assert_allclose(found, shares(images, PICTURES), rtol=1e-5)


def test_latents_go_to_the_nearest_pictures_and_weights_to_the_pictures(linear):
    state = nnx.State({"slope": nnx.Param(jnp.asarray(SLOPE, jnp.float32))})
    wanted = Wanted(jnp.asarray(PICTURES[:1].reshape(1, 2, 2, 1), jnp.float32), jnp.array([0]))
    stages = []
    found = tuned(
        Line(state), state, Line, linear(np.eye(2, 4)), wanted, jax.random.key(0),
        Tuning(projection=300, steps=400, learning_rate=0.01),
        lambda stage, step, value: stages.append((stage, step)),
    )  # fmt: skip
    nearest = optimize.minimize_scalar(lambda z: shares(z * SLOPE[None], PICTURES[:1])[0]).fun
    np.testing.assert_allclose(found.projected, nearest, rtol=1e-3)
    assert found.middle > found.projected
    assert found.tuned < 1e-3 * found.projected  # a line through one picture
    assert stages[0] == ("projecting", 0)
    assert stages[-1] == ("tuning", 399)


@pytest.fixture(scope="session")
def untrained(tmp_path_factory, tiny_run):
    """Folder of a style-based prior for `tiny_run` with weights as they begin."""
    from loft_jax.fitting.run_folder import RunFolder

    pictures = RunFolder.open(tiny_run).description()
    made = Architecture("style", pictures.size, pictures.channels, 0, 2, 6, False)
    both = networks(made, 0)
    states = (nnx.split(part)[1] for part in (both.generator, both.discriminator))
    folder = tmp_path_factory.mktemp("prior")
    hashes = np.arange(3, dtype=np.uint64)
    (folder / FILE).write_bytes(packed(prior_of(made, *states), hashes))
    return folder


@pytest.mark.slow
def test_the_command_writes_a_prior_that_draws_nearer_to_what_the_attack_found(
    tiny_run, untrained, tmp_path
):
    import loft_jax
    from loft_jax.attacks.session import attack_classes
    from loft_jax.attacks.settings import AttackConfig

    config = AttackConfig(
        path=str(tiny_run), attack="if-gmi", prior=str(untrained), classes="0:2", per_class=2,
        steps=2, candidates=8, out=str(tmp_path / "attack"), cache=False,
    )  # fmt: skip
    attack = attack_classes(config)
    found = loft_jax.tune_prior(
        attack.folder, pictures=1, projection=3, steps=3, out=str(tmp_path / "tuned"), cache=False
    )
    before, after = load_gan(untrained), load_gan(tmp_path / "tuned")
    assert found.numbers["distance_tuned"] < found.numbers["distance_projected"]
    assert found.numbers["distance_projected"] < found.numbers["distance_middle"]
    latents, labels = before.sample(jax.random.key(0), 2), jnp.zeros(2, int)
    assert np.abs(before.decode(latents, labels) - after.decode(latents, labels)).max() > 1e-5
    np.testing.assert_array_equal(public_hashes(tmp_path / "tuned"), [0, 1, 2])
    for kept, given in zip(*map(jax.tree.leaves, (after.discriminator, before.discriminator)),
                           strict=True):  # fmt: skip
        np.testing.assert_array_equal(kept, given)


def test_an_attack_without_a_trained_prior_is_refused(tiny_run, tmp_path):
    import loft_jax
    from loft_jax.attacks.session import attack_classes
    from loft_jax.attacks.settings import AttackConfig

    config = AttackConfig(
        path=str(tiny_run), attack="mi-face", classes="0:2", per_class=1, steps=1, candidates=2,
        out=str(tmp_path / "attack"), cache=False,
    )  # fmt: skip
    folder = attack_classes(config).folder
    with pytest.raises(InputError, match="`ATTACK` must be one on a run folder, with a --prior"):
        loft_jax.tune_prior(folder, out=str(tmp_path / "tuned"))
    assert not (tmp_path / "tuned").exists()
