"""One tiny finished run for all tests that only need a run folder."""

import pytest

TINY = {"data": "digits", "size": 8, "epochs": 2, "rank": 8, "batch": 64}


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """Folder of a finished run; copy it before changing anything."""
    from loft_jax.fitting.flags import TrainFlags, absolute
    from loft_jax.fitting.presets import preset_for
    from loft_jax.fitting.session import train_classifier
    from loft_jax.runs import keywords

    out = tmp_path_factory.mktemp("tiny") / "run"
    _, preset = preset_for("auto", TINY["data"])
    asked = keywords.replaced(TrainFlags.of(preset), {**TINY, "out": str(out), "cache": False})
    train_classifier(absolute(asked.resolved(preset)))
    return out
