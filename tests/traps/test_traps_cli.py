"""Traps that others fell into, about the command line (see tests/TRAPS.md)."""

from __future__ import annotations

import argparse

import pytest

from tgl.cli.main import COMMANDS, build_parser, main


def parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """A parser and those of its commands."""
    found = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                found += parsers(sub)
    return found


@pytest.mark.parametrize("command", [name for name, _ in COMMANDS])
def test_a_flag_is_off_until_it_is_given_and_takes_no_word(command: str):
    """AgentRE: `--flag False` was true. A flag here has no value, is off by default, and on when given."""
    for parser in parsers(build_parser(command)):
        for action in parser._actions:
            assert action.type is not bool, f"{action.option_strings}: any word would be true"
            if isinstance(action, argparse._StoreTrueAction):
                assert action.default is False
                assert action.nargs == 0


def test_a_flag_with_a_word_is_refused(capsys: pytest.CaptureFixture[str]):
    parser = build_parser("optimize")
    assert parser.parse_args(["optimize", "p.tgl"]).live is False
    assert parser.parse_args(["optimize", "p.tgl", "--live"]).live is True
    with pytest.raises(SystemExit):
        parser.parse_args(["optimize", "p.tgl", "--live=False"])
    assert "--live" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "help_line"),
    [
        ("chekc", "did you mean `tglc check`?"),
        ("frobnicate", "`tglc --help` lists the commands"),
        ("pipeline.tgl", "name the command first: `tglc check pipeline.tgl`"),
    ],
)
def test_a_word_that_is_no_command(word: str, help_line: str, capsys: pytest.CaptureFixture[str]):
    assert main([word, "check"]) == 2
    assert capsys.readouterr().err == f"there is no command `{word}`\n  = help: {help_line}\n"


def test_an_option_that_a_command_has_not_is_told_with_what_it_has(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["sample", "p.tgl", "-o", "x"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("usage: tglc sample")
    assert "-o x" in told
