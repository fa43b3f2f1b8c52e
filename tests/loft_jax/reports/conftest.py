"""One sweep written by hand, and its report, for all tests of the page."""

import importlib.util
from pathlib import Path

import pytest


def _folders():
    # Tests are imported by file, so a module beside them has no name to be imported by.
    spec = importlib.util.spec_from_file_location("folders", Path(__file__).parent / "folders.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def folders():
    return _folders()


@pytest.fixture(scope="session")
def sweep(folders, tmp_path_factory):
    return folders.write_sweep(tmp_path_factory.mktemp("reporting") / "sweep")


@pytest.fixture(scope="session")
def html(sweep, tmp_path_factory):
    import loft_jax

    out = tmp_path_factory.mktemp("page") / "report.html"
    loft_jax.report(sweep, out=str(out))
    return out
