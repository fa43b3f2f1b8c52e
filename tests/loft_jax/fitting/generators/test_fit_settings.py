"""Settings of fit_prior: what is refused before anything is loaded, what a folder gives back."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from loft_jax.data.public import picture_hashes
from loft_jax.data.settings import DataConfig
from loft_jax.errors import InputError
from loft_jax.fit_prior import main
from loft_jax.fitting.generators.public import public_pictures
from loft_jax.fitting.generators.settings import FitConfig, quick
from loft_jax.fitting.settings import TrainConfig
from loft_jax.priors.games import HINGE, R1
from loft_jax.priors.table import PRIORS, fittable
from loft_jax.runs import schema
from loft_jax.runs.schema import check
from loft_jax.sweeps.look import Look


@pytest.mark.parametrize("prior", fittable())
def test_every_recipe_passes_its_own_check(prior):
    check(FitConfig(prior=prior, target="run"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "`--steps` must be"),
        ({"batch": 1}, "`--batch` must be"),
        ({"width": 0}, "`--width` must be"),
        ({"seed": -1}, "`--seed` must be"),
        ({"count": 3}, "`--count` must be"),
        ({"first_pictures": 3}, "`--first-pictures` must be"),
        ({"critic_steps": 0}, "`--critic-steps` must be"),
        ({"top_n": 0}, "`--top-n` must be"),
        ({"learning_rate": float("nan")}, "`--learning-rate` must be"),
        ({"ema": 1.0}, "`--ema` must be"),
        ({"prior": "kedmi"}, "`--target` must name a run folder for --prior kedmi"),
        (
            {"prior": "plgmi", "target": "x", "loss": "wgan-gp"},
            "`--loss` must be r1 for --prior",
        ),
        ({"prior": "pixels"}, "`--prior` must be one that is fitted, dcgan, .* got pixels"),
        ({"prior": "nothing"}, "`--prior` must be one of pixels, .* got nothing"),
        ({"count": 10**12}, "`--count` must be"),
        ({"batch": 10**15}, "`--batch` must be"),
        ({"seed": 2**70}, "`--seed` must be"),
        ({"loss": "r1"}, "`--loss` must be hinge or wgan-gp for --prior dcgan"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(change, message):
    with pytest.raises(InputError, match=message):
        check(dataclasses.replace(FitConfig(), **change))


def test_settings_come_back_from_their_dictionary():
    config = FitConfig(prior="style", steps=7)
    values = schema.write(config)
    assert schema.read(FitConfig, values, "config.json") == config
    with pytest.raises(InputError, match="no `width`"):
        schema.read(FitConfig, {k: v for k, v in values.items() if k != "width"}, "config.json")
    with pytest.raises(InputError, match="`speed`, which is no setting"):
        schema.read(FitConfig, {**values, "speed": 1}, "config.json")
    with pytest.raises(InputError, match="channels"):
        schema.read(FitConfig, {**values, "channels": 2}, "config.json")


def test_quick_takes_few_pictures_drawn_or_the_first_of_a_folder(tmp_path):
    def pictures(data, **given):
        config = quick(FitConfig(data=data, **given))
        return config.count, config.first_pictures

    assert pictures("faces") == (512, None)
    assert pictures("faces", count=99) == (99, None)
    for data in (str(tmp_path), "mine.npz"):
        assert pictures(data) == (None, 512)
        assert pictures(data, first_pictures=99) == (None, 99)
        assert pictures(data, count=2000) == (2000, None)


def test_a_quick_prior_learns_from_the_first_pictures_of_a_folder(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (530, 8, 8), np.uint8)
    (tmp_path / "public").mkdir()
    for k, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / "public" / f"{k:03d}.png")
    config = quick(FitConfig(data=str(tmp_path / "public"), cache=False))
    public = public_pictures(config, None)
    np.testing.assert_array_equal(public.hashes, picture_hashes(images[:512, ..., None]))


def test_wgan_gp_trains_its_critic_five_times_and_has_no_spectral_norm():
    assert FitConfig(loss="wgan-gp").critic_updates == 5
    assert FitConfig(loss="wgan-gp", critic_steps=2).critic_updates == 2
    assert FitConfig().critic_updates == 1


def test_flags_win_over_the_recipe():
    config = FitConfig(prior="style")
    assert (config.game, config.iterations) == (R1, PRIORS["style"].fitted.steps)
    assert config.rates == (5e-4, 5e-4)
    config = dataclasses.replace(config, loss="hinge", steps=3, learning_rate=1e-3)
    assert (config.game, config.iterations) == (HINGE, 3)
    assert config.rates == (1e-3, 1e-3)


def test_the_critic_of_wgan_gp_learns_no_faster_than_the_generator():
    maker, judge = FitConfig().rates
    assert judge == PRIORS["dcgan"].fitted.lead * maker
    assert FitConfig(loss="wgan-gp").rates == (maker, maker)


def test_wgan_gp_has_half_the_iterations():
    assert FitConfig(loss="wgan-gp").iterations == PRIORS["dcgan"].fitted.steps // 2


@pytest.mark.parametrize(("size", "maps"), [(8, 32), (32, 32), (64, 16), (128, 8)])
def test_larger_pictures_have_fewer_maps_unless_a_flag_says_so(size, maps):
    assert FitConfig().maps(size) == maps
    assert FitConfig(prior="plgmi-published").maps(size) == maps // 2
    assert FitConfig(width=5).maps(size) == 5


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--resume", "/nowhere"], "`--resume` must be a folder of python -m loft_jax.fit_prior"),
        (["--data", "/nowhere"], "which does not exist"),
        (["--prior", "kedmi", "--target", "/nowhere"], "`--target` must be a folder of python"),
        (["--size", "24", "--count", "16"], "`--size` must be 8, 16, 32, 64 or 128"),
    ],
)
def test_the_command_refuses_what_it_cannot_find(flags, message, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(InputError, match=message):
        main([*flags, "--no-cache", "--out", str(out)])
    assert not out.exists()


def test_what_is_left_out_of_a_public_folder_is_told(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8)
    (tmp_path / "a" / "deeper").mkdir(parents=True)
    for k, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / "a" / ("deeper" if k > 16 else ".") / f"{k}.png")
    told = []
    public_pictures(FitConfig(data=str(tmp_path)), None, tell=told.append)
    assert told == ["left out, 3 pictures a level deeper: in a/deeper"]
    look = Look()
    for seed in (0, 1):
        look.public(
            FitConfig(data=str(tmp_path), seed=seed), TrainConfig(data=DataConfig("digits"))
        )
    assert look.notes()[-1:] == told
