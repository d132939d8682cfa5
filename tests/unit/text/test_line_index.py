import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgl.text import LineIndex

TEXTS = st.text(alphabet="ab\n\r\u2028😀é", max_size=40)


@given(TEXTS)
def test_every_offset_has_the_position_of_a_naive_count(text: str) -> None:
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        before = text[:offset]
        expected = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
        assert index.position(offset) == expected
        assert index.line_start(expected[0]) + expected[1] - 1 == offset


@given(TEXTS)
def test_utf16_columns_count_as_the_encoding_does(text: str) -> None:
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        line, column = index.utf16_position(offset)
        start = index.line_start(line + 1)
        assert column == len(text[start:offset].encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\nb", ["a", "b"]),
        ("a\r\n\r\nb\n", ["a", "", "b", ""]),
        ("a\u2028b", ["a\u2028b"]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    index = LineIndex(text)
    assert [index.line_text(line) for line in range(1, len(index.starts) + 1)] == lines


@pytest.mark.parametrize("offset", [-1, 4])
def test_offsets_outside_are_refused(offset: int) -> None:
    with pytest.raises(ValueError, match=str(offset)):
        LineIndex("abc").position(offset)


@pytest.mark.parametrize("line", [0, 3])
def test_lines_outside_are_refused(line: int) -> None:
    index = LineIndex("a\nb")
    with pytest.raises(ValueError, match=str(line)):
        index.line_text(line)
    with pytest.raises(ValueError, match=str(line)):
        index.line_start(line)


def test_places_of_editors_lead_back() -> None:
    """UTF-16 units: an emoji is two of them, and a place behind the end of a line is that end."""
    index = LineIndex("a🙂b\r\n\nlast")
    for offset in (0, 1, 2, 3, 5, 6, 7, 10):
        if index.text[offset - 1 : offset] != "\r":
            assert index.offset_of_utf16(*index.utf16_position(offset)) == offset
    assert index.offset_of_utf16(0, 99) == 3
    assert index.offset_of_utf16(9, 0) == len(index.text)
    assert index.offset_of_utf16(0, 3) == 2
