"""The VS Code extension: one version with tglc, what its manifest names is there, its lock names no host."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tgl.version import VERSION

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "editors" / "vscode"
MANIFEST = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))


def test_extension_and_compiler_are_one_version() -> None:
    assert MANIFEST["version"] == VERSION


def test_the_license_is_that_of_the_project() -> None:
    assert (EXTENSION / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert MANIFEST["license"] == "Apache-2.0"


def test_the_lock_fits_and_names_no_place_of_download() -> None:
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"][""]["dependencies"] == MANIFEST["dependencies"]
    assert lock["packages"][""]["devDependencies"] == MANIFEST["devDependencies"]
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_the_language_is_that_of_the_grammar() -> None:
    (language,) = MANIFEST["contributes"]["languages"]
    (grammar,) = MANIFEST["contributes"]["grammars"]
    shared = json.loads((ROOT / "grammar" / "tgl.tmLanguage.json").read_text(encoding="utf-8"))
    assert grammar["language"] == language["id"]
    assert grammar["scopeName"] == shared["scopeName"]
    assert language["extensions"] == [f".{kind}" for kind in shared["fileTypes"]]
    assert (EXTENSION / language["configuration"]).is_file()
    assert (EXTENSION / MANIFEST["main"]).is_file()


def test_the_extension_starts_the_command_that_there_is() -> None:
    """What it runs is `tglc lsp --stdio`, which the tests of the server run too."""
    text = (EXTENSION / "extension.js").read_text(encoding="utf-8")
    assert re.search(r'spawn\(tglc, \["lsp", "--stdio"\]', text)


def test_the_package_leaves_out_what_only_trials_need() -> None:
    assert {"trial/**", "scripts/**"} <= set(
        (EXTENSION / ".vscodeignore").read_text(encoding="utf-8").split()
    )


def called(function: str, *arguments: object) -> object:
    """What a function of the extension gives, outside of an editor."""
    if shutil.which("node") is None:
        pytest.skip("needs node")
    stub = (
        "const m=require('module');const l=m._load;m._load=(n,...a)=>n==='vscode'?{}:"
        "n.startsWith('vscode-languageclient')?{LanguageClient:class{}}:l(n,...a);"
    )
    given = ",".join(json.dumps(argument) for argument in arguments)
    script = f"{stub}console.log(JSON.stringify(require('./extension.js').{function}({given})??null))"
    made = subprocess.run(
        ["node", "-e", script], cwd=EXTENSION, stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    return json.loads(made.stdout)


@pytest.mark.parametrize(("server", "fits"), [("0.1.0", True), ("0.1.9", True), ("0.2.0", False)])
def test_other_versions_of_tglc_are_told_apart(server: str, fits: bool) -> None:
    assert called("fits", server, "0.1.0") == fits


@pytest.mark.parametrize(
    ("text", "root", "path"),
    [
        ("tglc", "/w", "tglc"),
        ("/opt/tglc", "/w", "/opt/tglc"),
        ("~/bin/tglc", "/w", "/home/me/bin/tglc"),
        ("${workspaceFolder}/env/tglc", "/w", "/w/env/tglc"),
        ("env/bin/tglc", "/w", "/w/env/bin/tglc"),
        ("env/bin/tglc", None, "env/bin/tglc"),
        ("a~b/tglc", "/w", "/w/a~b/tglc"),
    ],
)
def test_the_path_of_tglc_may_be_written_as_people_do(text: str, root: str | None, path: str) -> None:
    assert called("written", text, root, "/home/me") == path


def test_a_command_is_looked_for_where_a_shell_would(tmp_path: Path) -> None:
    for folder in ("none", "folder", "plain", "runs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "folder" / "tglc").mkdir()
    (tmp_path / "plain" / "tglc").write_text("no program")
    own = tmp_path / "runs" / "tglc"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    searched = ":".join(str(tmp_path / folder) for folder in ("missing", "none", "folder", "plain", "runs"))
    assert called("located", "tglc", searched) == str(own)
    assert called("located", "tglc", str(tmp_path / "none")) is None
    assert called("located", str(own), "") == str(own)
    assert called("located", str(tmp_path / "plain" / "tglc"), searched) is None
