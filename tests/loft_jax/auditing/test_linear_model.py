"""The whole instance level where the truth is known: Theorem 1 on a linear law and model."""

import numpy as np
import pytest
from linear_model import (
    CLASSES,
    DRAWS,
    IDENTITY,
    LATENTS,
    READS,
    SCORES,
    LinearLaw,
    identity_share,
    linear_model,
    picture_share,
)

from loft_jax.auditing.attackers import NOTHING, upper_side
from loft_jax.auditing.bench import bench_for
from loft_jax.auditing.channel import Channel
from loft_jax.auditing.instance import measured
from loft_jax.auditing.jacobians import PILOTS, slopes
from loft_jax.auditing.material import PEOPLE, SINGLES, Questions, drawn, given
from loft_jax.auditing.model import looked_at
from loft_jax.auditing.pictures import Source
from loft_jax.auditing.ready import Ready
from loft_jax.auditing.releases import Release
from loft_jax.auditing.settings import AuditConfig
from loft_jax.auditing.stages import Facts, stages_of
from loft_jax.errors import InputError

RELEASED = DRAWS @ READS
"""Code of each latent."""
NOISE = 0.3
NOISY = Channel(Release("code"), NOISE)


def silence(done, of):
    """Tell nobody."""


@pytest.fixture(scope="module")
def bench():
    """4,096 people to learn from, 512 to measure on, by one linear model."""
    law, target = LinearLaw(), linear_model()
    probes = np.asarray(law.decode(law.latents(np.arange(16), np.arange(16))))
    model = looked_at(target, probes)
    assert model.facts == Facts()
    found = Ready(None, Source("linear", shown=True, law=law), model, (NOISY,))
    return bench_for(AuditConfig(path="m", samples=4096), found, silence)


@pytest.fixture(scope="module")
def noisy(bench):
    return measured(NOISY, bench._replace(quick=True)).record["intervals"]


def test_slopes_are_those_of_the_linear_maps(bench):
    released, picture = bench.slopes
    np.testing.assert_allclose(released["code"][0], RELEASED.T, rtol=1e-4, atol=1e-5)
    # Whatever the directions, none of the picture's slope is lost: it has LATENTS columns.
    np.testing.assert_allclose(picture[0].T @ picture[0], DRAWS @ DRAWS.T, rtol=1e-4, atol=1e-7)


def test_pictures_beyond_whole_chunks_have_no_slopes():
    law, target = LinearLaw(), linear_model()
    latents = law.latents(np.arange(PILOTS + 9), np.arange(1))
    assert len(slopes(target.network, law, ("logits",), latents).picture) == 8


def test_the_interval_of_who_it_is_holds_the_truth_and_is_narrow(noisy):
    truth = identity_share(RELEASED, NOISE**2)
    found = noisy["identity"]
    assert found["lower"] <= truth <= found["upper"]
    # Ridge and van Trees are both ideal here: what is left is sampling, of 512 and of no people.
    assert found["lower"] == pytest.approx(truth, rel=1e-3)
    assert found["upper"] == pytest.approx(truth, rel=0.2)
    assert found["lower_by"] == "van Trees through a generator"


def test_the_interval_of_the_picture_holds_the_truth_in_both_units(noisy):
    truth = picture_share(RELEASED, NOISE**2)
    found = noisy["picture"]
    assert found["lower"] <= truth * 1.05  # the variance of pictures is estimated
    assert truth <= found["upper"] * 1.05
    error = truth * np.sum(DRAWS**2) / DRAWS.shape[1]
    assert found["psnr"]["reached"] <= -10 * np.log10(error) + 0.2
    assert found["psnr"]["most"] >= -10 * np.log10(error) - 0.2
    assert found["psnr"]["most"] - found["psnr"]["reached"] < 2


def test_without_noise_nothing_bounds_the_attacker(bench):
    exact = measured(Channel(Release("code")), bench._replace(quick=True)).record
    truth = identity_share(RELEASED, 1e-12)
    assert exact["lower"] == 0
    assert truth <= exact["upper"] <= truth + 0.1
    assert exact["intervals"]["picture"]["psnr"]["most"] is None
    assert "exact real numbers" in exact["assumptions"]["lower"][0]


def test_more_answers_tell_more_and_the_noise_of_their_mean_decides(bench):
    many = measured(Channel(Release("code"), NOISE, None, 9), bench._replace(quick=True)).record
    truth = identity_share(RELEASED, NOISE**2 / 9)
    assert many["lower"] == pytest.approx(truth, rel=1e-3)
    assert many["lower"] <= truth <= many["upper"]


def test_the_same_audit_gives_the_same_bits(bench):
    once, again = (measured(NOISY, bench._replace(quick=True)) for _ in range(2))
    assert once.record == again.record
    np.testing.assert_array_equal(once.pictures, again.pictures)


def test_noise_of_the_defense_bounds_all_that_is_made_of_it():
    numbers = {"logits": [np.zeros((40, CLASSES))], "code": [np.zeros((40, 4))]}
    own = Facts(own_noise=("code", 0.2), random=True, changed=True, code_ends=(-1.0, 1.0))

    def found(channel):
        made = stages_of(channel, numbers, lambda kind: numbers[kind][0], {}, own)
        return [(one.kind, round(one.variance, 6), one.ends) for one in made]

    assert found(Channel(Release("label"))) == [("code", 0.04, (-1, 1))]
    assert found(Channel(Release("logits"), 0.1)) == [
        ("code", 0.04, (-1, 1)), ("logits", 0.01, None)
    ]  # fmt: skip
    # On the same numbers both noises are one; of several random answers only their mean's counts.
    assert found(Channel(Release("code"), 0.1, None, 5)) == [("code", 0.01, (-1, 1))]
    assert found(Channel(Release("logits"), 0.1, None, 5)) == [("code", 0.008, (-1, 1))]
    assert found(Channel(Release("features"))) == []


def test_an_attacker_who_knows_the_law_never_does_worse_than_its_mean():
    errors = {"poor": np.random.default_rng(0).uniform(1, 3, 200)}
    found = upper_side(errors, 1.0, np.arange(200), 0.95)
    assert (found.share, found.by) == (1.0, NOTHING)


def test_of_several_decoders_the_best_pays_for_the_choice():
    rng = np.random.default_rng(1)
    errors = {"a": rng.uniform(0, 1, 400), "b": rng.uniform(0.4, 1.4, 400)}
    whose = np.arange(400)
    both, alone = (
        upper_side(errors, 1.0, whose, 0.95),
        upper_side({"a": errors["a"]}, 1.0, whose, 0.95),
    )
    assert both.by == alone.by == "a"
    assert both.value == alone.value == pytest.approx(errors["a"].mean())
    assert both.share > alone.share > both.value


def test_pictures_of_one_person_are_one_draw():
    errors = {"a": np.repeat([0.2, 0.4] * 20, 10)}
    by_person = upper_side(errors, None, np.repeat(np.arange(40), 10), 0.95)
    by_picture = upper_side(errors, None, np.arange(400), 0.95)
    ratio = by_person.standard_error / by_picture.standard_error
    assert ratio == pytest.approx(np.sqrt(10 * (1 - 1 / 400) / (1 - 1 / 40)), rel=1e-6)


def test_given_pictures_are_parted_by_people_where_there_are_enough():
    rng = np.random.default_rng(0)
    questions = Questions(linear_model(), ("label",), 1)
    images = rng.integers(0, 256, (120, 4, 4, 1), np.uint8)
    found = given(images, np.repeat(np.arange(2 * PEOPLE), 3), questions, rng)
    assert found.unit == "person"
    assert not set(found.fit.whose) & set(found.held.whose)
    assert len(found.fit.pictures) == len(found.held.pictures) == 60
    with pytest.raises(InputError, match=r"at least 40 people, or 200 pictures.*got 120 pictures"):
        given(images, np.repeat(np.arange(4), 30), questions, rng)
    many = rng.integers(0, 256, (2 * SINGLES, 4, 4, 1), np.uint8)
    few = given(many, np.repeat(np.arange(4), SINGLES // 2), questions, rng)
    assert few.unit == "picture"
    assert len(few.fit.asked["label"][0]) == SINGLES


def test_drawn_people_are_others_in_each_part():
    questions = Questions(linear_model(), ("code", "logits"), 1)
    told = []
    found = drawn(LinearLaw(), questions, 150, 30, lambda done, of: told.append((done, of)))
    assert found.fit.latents.shape == (150, LATENTS)
    assert found.held.latents.shape == (30, LATENTS)
    assert IDENTITY < LATENTS
    everybody = np.concatenate([found.fit.latents, found.held.latents])
    assert len(np.unique(everybody, axis=0)) == 180
    code = found.held.asked["code"][0]
    np.testing.assert_allclose(code, found.held.latents @ RELEASED, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.held.asked["logits"][0], code @ SCORES, rtol=1e-3, atol=1e-4)
    assert told[-1] == (180, 180)
