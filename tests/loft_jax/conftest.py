"""One tiny run, shared by all tests of a process that need no more than a run folder."""

import pytest

TINY = {"data": "digits", "size": 8, "epochs": 2, "cache": False}
"""Trains in a second, and knows most digits."""


@pytest.fixture(scope="session")
def tiny_runs(tmp_path_factory):
    """Folders of runs on the same digits: a LoFt head `target`, and `a` and `b`, which may judge.

    Tests leave them as they are.
    """
    import loft_jax

    folder = tmp_path_factory.mktemp("runs")
    for name, more in (
        ("target", {"rank": 8}),
        ("a", {"rank": "none"}),
        ("b", {"rank": 8, "trunk": "resnet18_narrow"}),
    ):
        loft_jax.train(**TINY, **more, out=str(folder / name))
    return folder


@pytest.fixture(scope="session")
def tiny_run(tiny_runs):
    """Folder of a finished run with a LoFt head."""
    return tiny_runs / "target"
