import pytest

from tgl.text import Edit, Span, apply_edits


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(Span(start, end), text)


@pytest.mark.parametrize(
    ("edits", "result"),
    [
        ([], "abcdef"),
        ([edit(1, 3, "X")], "aXdef"),
        ([edit(4, 6, ""), edit(0, 1, "YY")], "YYbcd"),
        ([edit(2, 2, "1"), edit(2, 2, "2")], "ab12cdef"),
        ([edit(2, 4, "R"), edit(2, 2, "I")], "abIRef"),
        ([edit(0, 3, "x"), edit(3, 6, "y")], "xy"),
        ([edit(6, 6, "!")], "abcdef!"),
    ],
)
def test_edits_refer_to_the_text_as_it_was(edits: list[Edit], result: str) -> None:
    assert apply_edits("abcdef", edits) == result


@pytest.mark.parametrize(
    "edits",
    [
        [edit(0, 3, ""), edit(2, 4, "")],
        [edit(0, 3, ""), edit(1, 1, "x")],
        [edit(5, 7, "")],
        [edit(-1, 0, "")],
    ],
)
def test_overlapping_or_outlying_edits_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="edit at"):
        apply_edits("abcdef", edits)
