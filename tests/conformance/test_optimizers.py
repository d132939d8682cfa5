"""Every optimizer against the shipped suite, and in another process with another hash seed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tgl.search import RandomSearch, Reinforce
from tgl.testing.landscapes import landscape
from tgl.testing.optimizer_suite import CHECKS

FACTORIES = {"random": RandomSearch, "reinforce": Reinforce}


@pytest.mark.parametrize("family", ["separable", "routed"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", FACTORIES)
def test_suite(name: str, check, family: str):
    land = landscape(family, 12)
    check(FACTORIES[name], land, land.measured)


CODE = """
from tgl.search import RandomSearch, Reinforce
from tgl.testing.landscapes import landscape
from tgl.testing.optimizer_suite import journal
land = landscape("routed", 5)
for factory in (RandomSearch, Reinforce):
    optimizer = factory(land, 3)
    journal(optimizer, land, land.measured, 4)
    print(optimizer.ask())
"""


@pytest.mark.slow
def test_same_proposals_in_another_process_and_hash_seed():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", CODE],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "77")
    }
    assert len(outputs) == 1
    assert "Propose" in outputs.pop()
