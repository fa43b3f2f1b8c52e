"""Settings every test runs under: strict JAX, seeded hypothesis, no network, no user folders."""

import os
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path

import hypothesis
import pytest

# Few examples of each property while one works; HYPOTHESIS_PROFILE=thorough tries more.
for _profile, _examples in {"quick": 20, "thorough": 50}.items():
    hypothesis.settings.register_profile(
        _profile, deadline=None, derandomize=True, print_blob=True, max_examples=_examples
    )
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

os.environ.setdefault("MPLBACKEND", "agg")
# Every worker has a core of its own: more threads of it only wait for those of the others.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# XLA ends the process at a flag that it does not know, as newer ones do not know this one.
_OLDER = tuple(map(int, version("jaxlib").split(".")[:2])) < (0, 11)
# What tests compile runs for moments, so it is compiled with less care, that of the commands they
# start too: their bits are compared. At level 0 training would take 35 times as long.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=1 --xla_llvm_disable_expensive_passes=true "
    "--xla_cpu_prefer_vector_width=128 --xla_cpu_parallel_codegen_split_count=1"
    + (" --xla_cpu_use_fusion_emitters=false" if _OLDER else ""),
)
# What the tests' own processes compiled is kept for the next pytest.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "programs")
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

COMPILING = (
    "attacks", "auditing", "defenses", "fitting", "judging", "nets", "priors", "robustness",
    "targets", "toy",
)  # fmt: skip
"""Rooms of loft_jax whose tests compile programs."""
TIERS = ("unit", "compile", "command", "browser")
WHOLE = ("test_run.py", "test_bad_input.py")
"""Tests of whole commands under other names."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put every test into one tier: that of its file, unless it is marked itself."""
    for item in items:
        if not any(item.get_closest_marker(tier) for tier in TIERS):
            item.add_marker(_tier(item.path, getattr(item, "fixturenames", ())))


def _tier(path: Path, fixtures: Collection[str]) -> str:
    if "browser" in path.name:
        return "browser"
    whole = path.stem.endswith(("_command", "_commands")) or path.name in WHOLE
    if whole or "tiny_run" in fixtures:  # or it waits for a training
        return "command"
    rooms = path.parts
    compiles = "loft_jax" in rooms and set(rooms) & set(COMPILING)
    return "compile" if compiles or path.name.startswith("test_faces") else "unit"


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
