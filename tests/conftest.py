"""Settings every test runs under: strict JAX, seeded hypothesis, no network, no user folders."""

import os

import hypothesis
import pytest

hypothesis.settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, max_examples=50
)
hypothesis.settings.load_profile("ci")

# Commands that tests start share compiled programs with each other, not with the user's cache.
os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture(scope="session", autouse=True)
def strict_jax():
    """Broadcasting between different ranks must be written out."""
    import jax

    jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(scope="session")
def command_environment(tmp_path_factory):
    """Environment for commands run as a stranger would: own cache folder, one CPU device."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JAX_")}
    cache = str(tmp_path_factory.mktemp("cache"))
    return {**environment, "XDG_CACHE_HOME": cache, "COLUMNS": "120", "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="session")
def real_data():
    """Folder of real pictures, from the environment; tests that need it skip without."""
    from pathlib import Path

    folder = os.environ.get("LOFT_DATA_DIR")
    if not folder:
        pytest.skip("LOFT_DATA_DIR does not name a folder of real pictures")
    return Path(folder)
