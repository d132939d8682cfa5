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
    assert re.search(r'args: \["lsp", "--stdio"\]', text)


@pytest.mark.parametrize(("server", "fits"), [("0.1.0", "true"), ("0.1.9", "true"), ("0.2.0", "false")])
def test_other_versions_of_tglc_are_told_apart(server: str, fits: str) -> None:
    if shutil.which("node") is None or not (EXTENSION / "node_modules" / "vscode-languageclient").is_dir():
        pytest.skip("needs node and `npm ci` in editors/vscode")
    stub = "const m=require('module');const l=m._load;m._load=(n,...a)=>n==='vscode'?{}:" + (
        "n.startsWith('vscode-languageclient')?{}:l(n,...a);"
    )
    script = f"{stub}console.log(require('./extension.js').fits('{server}','0.1.0'))"
    made = subprocess.run(
        ["node", "-e", script], cwd=EXTENSION, stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    assert made.stdout.strip() == fits
