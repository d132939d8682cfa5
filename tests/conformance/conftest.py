"""Real weights for the `live` suites: pulled once, skipped with the reason, never skipped in CI."""

import os
from pathlib import Path

import pytest

from tgl.models import PullError, installed_path, pull, resolve
from tgl.models.engine import is_engine_installed


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    """Where weights are kept: TGLC_MODELS, or the place that tglc uses without it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("TGLC_MODELS") or cache / "tglc" / "models")


@pytest.fixture(scope="session")
def live_pack(weights_dir):
    """A function from a pack's name to the pack and its weights' path.

    Weights that are lacking are pulled; those whose licence asks for consent only if
    TGLC_ACCEPT_TERMS=1 gives it.
    """

    def ready(name):
        def lacking(reason):
            if os.environ.get("CI") == "true":
                pytest.fail(f"the live model suite may not be skipped in CI: {reason}")
            pytest.skip(reason)

        if not is_engine_installed():
            lacking("the engine is not installed: pip install 'tgl[local]'")
        pack = resolve(name)
        path = installed_path(pack, weights_dir)
        if path is None:
            if pack.licence.accept and os.environ.get("TGLC_ACCEPT_TERMS") != "1":
                lacking(f"weights are not there: tglc models pull {name} (or TGLC_ACCEPT_TERMS=1)")
            try:
                path = pull(pack, weights_dir, lambda _: True)
            except PullError as error:
                lacking(f"{error.message}; {error.help}")
        return pack, path

    return ready
