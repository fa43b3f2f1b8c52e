"""One tiny run, shared by all tests of a process that need no more than a run folder."""

import pytest

TINY = {"data": "digits", "size": 8, "epochs": 2, "batch": 64, "cache": False}
"""Trains in a second, and knows most digits."""


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """Folder of a finished run with a LoFt head; copy it before changing anything."""
    import loft_jax

    folder = tmp_path_factory.mktemp("runs") / "target"
    return loft_jax.train(**TINY, rank=8, out=str(folder)).folder


@pytest.fixture(scope="session")
def tiny_judges(tiny_run):
    """Folders of two runs on the pictures of `tiny_run`, which may judge attacks on it."""
    import loft_jax

    heads = {"a": {"rank": "none"}, "b": {"rank": 8, "activation": "relu"}}
    return [
        loft_jax.train(**TINY, **more, out=str(tiny_run.parent / name)).folder
        for name, more in heads.items()
    ]
