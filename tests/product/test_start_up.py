"""What the commands that only look at a program import: no network, model or scientific library."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEVER = frozenset(
    {
        *("aiohttp", "asyncio", "httpx", "httpx2", "jinja2", "lark", "networkx", "numpy", "openai", "pygls"),
        *("requests", "rich", "scipy", "sqlite3", "ssl", "subprocess", "xllamacpp"),
    }
)
ROOMS = frozenset(
    {
        *("tgl.drawing", "tgl.emit", "tgl.evaluate", "tgl.keys", "tgl.report", "tgl.runtime", "tgl.search"),
        *("tgl.space", "tgl.statistics", "tgl.storage"),
    }
)
RUN = """
import sys
from tgl.cli.main import main
code = main(sys.argv[1:])
print("modules", *sorted(sys.modules))
sys.exit(code)
"""


def imported(*arguments: str, environment: Mapping[str, str] | None = None) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    return set(run.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("check", "examples/mixture.tgl"),
        ("check", "examples/quickstart.tgl"),
        ("fmt", "--check", "examples/mixture.tgl"),
    ],
    ids=" ".join,
)
def test_commands_that_run_nothing_import_little(arguments: tuple[str, ...]) -> None:
    modules = imported(*arguments)
    assert not modules & (NEVER | ROOMS)
    assert not {name for name in modules if name.startswith("tgl.models.")} - {
        "tgl.models.packs",
        "tgl.models.sources",
    }


def test_the_version_needs_no_part_of_the_compiler() -> None:
    assert {name for name in imported("--version") if name.startswith("tgl")} == {
        "tgl",
        "tgl.cli",
        "tgl.cli.main",
        "tgl.version",
    }


def test_a_plugin_of_pydantic_does_not_look_on_as_a_program_is_checked(tmp_path: Path) -> None:
    """Any package may install one, and checking runs no code. Who sets the variable decides otherwise."""
    about = tmp_path / "looks_on-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: looks-on\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[pydantic]\nlooks_on = looks_on\n")
    (tmp_path / "looks_on.py").write_text("def new_schema_validator(*_, **__): return None, None, None\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}
    environment["PYTHONPATH"] = str(tmp_path)
    asked = ("check", "examples/quickstart.tgl")
    assert "looks_on" not in imported(*asked, environment=environment)
    assert "looks_on" in imported(*asked, environment=environment | {"PYDANTIC_DISABLE_PLUGINS": "none"})
