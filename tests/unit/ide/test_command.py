"""`tglc lsp` where it can't serve: it says why, and what to do."""

import sys

import pytest

from tgl.cli.main import main


def test_without_its_library_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith(("tgl.lsp", "pygls", "lsprotocol"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygls", None)
    monkeypatch.setitem(sys.modules, "lsprotocol", None)
    assert main(["lsp"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "pip install 'tgl[lsp]'" in shown.err


def test_a_person_is_sent_to_the_docs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert main(["lsp"]) == 2
    assert "docs/editors.md" in capsys.readouterr().err
