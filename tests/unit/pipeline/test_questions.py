"""What a person is asked, and amounts that a person gives."""

import argparse
import io

import pytest

from tgl.cli.outcome import agreed
from tgl.cli.running import bill


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), (" YES \n", True), ("n\n", False), ("", False)])
def test_a_question_leaves_standard_output_to_the_result(
    typed: str, answer: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`optimize --live --json > result.json`; Ctrl-D is a no, not an error of ours."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert agreed("Go on?") is answer
    assert capsys.readouterr() == ("", "Go on? [y/N] ")


@pytest.mark.parametrize("text", ["$nan", "$inf", "$-1", "-1", "much", "$"])
def test_a_cap_that_would_not_hold_is_refused(text: str) -> None:
    """Nothing is above NaN: it was a cap that never stopped anything."""
    with pytest.raises(argparse.ArgumentTypeError):
        bill(text)


def test_caps() -> None:
    assert bill("500") == (500, None)
    assert bill("$2.50") == (None, 2.5)
    assert bill("0") == (0, None)
