"""The sandbox of this machine: skipped with the reason where there is none, never skipped in CI."""

from __future__ import annotations

import os

import pytest

from tgl.sandbox import NoSandbox, Sandbox, find_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    found = find_sandbox()
    if isinstance(found, NoSandbox):
        if os.environ.get("CI") == "true":
            pytest.fail(f"the sandbox suite may not be skipped in CI: {found.reason}; {found.fix}")
        pytest.skip(f"no sandbox: {found.reason}")
    return found
