"""Bytes of a file to text: gzip, UTF-8, and what it is if it is neither."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from dataclasses import dataclass

from tgl.data.file_problems import Damaged, TooLarge
from tgl.data.problems import NotText
from tgl.text import SourceFile

GZIP = b"\x1f\x8b"
CHUNK = 1 << 20
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that is read. The defaults leave room for every benchmark in use, and for memory.

    Args:
        total: bytes of all files together, unpacked.
        row: bytes of one row.
        files: files in a folder.
    """

    total: int = 1 << 30
    row: int = 16 << 20
    files: int = 200_000


CAPS = Caps()


def unpacked(content: bytes, name: str, most: int) -> bytes | Damaged | TooLarge:
    """What a gzip file holds; no more than `most` bytes are ever unpacked, whatever the file says.

    Args:
        content: the file's bytes.
        name: the file's name as the user knows it.
        most: bytes that may come out of it.
    """
    parts: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            while part := packed.read(CHUNK):
                size += len(part)
                if size > most:
                    return TooLarge(name, "what is packed in", 0, most)
                parts.append(part)
    except EOFError:
        return Damaged(name, "gzip", "it breaks off")
    except (OSError, zlib.error) as error:
        return Damaged(name, "gzip", "it is no gzip file" if content[:2] != GZIP else str(error).lower())
    return b"".join(parts)


def text_of(content: bytes, name: str) -> str | NotText:
    """The text of a file in UTF-8, its byte order mark left out; or why it is none."""
    try:
        text = content.decode("utf-8-sig")
        at = content.find(b"\0")
    except UnicodeDecodeError as error:
        at = error.start + (len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0)
    else:
        if at < 0:
            return text
    # The picture needs the line of the byte, not all that stands before it.
    start = content.rfind(b"\n", 0, at) + 1 if at > CHUNK else 0
    before = content[start:at].decode("utf-8-sig", errors="replace") + chr(0xFFFD if content[at] else 0)
    return NotText(SourceFile(name, before), content[at], guessed(content, at))


def guessed(content: bytes, at: int) -> str:
    """The encoding that bytes seem to have, "" if nothing tells."""
    if content.startswith(UTF16):
        return "UTF-16 text"
    if content.startswith(GZIP):
        return "a gzip file"
    if content.startswith((b"PAR1", b"ARROW1")):
        return "a Parquet or Arrow file"
    if content.startswith(b"PK\x03\x04"):
        return "a zip file"
    if 0 in content[:CHUNK]:
        return ""
    # Text in UTF-8 has no byte above 0x7F alone; Latin-1 has hardly any other.
    lonely = content[at] >= 0xA0 and (at + 1 >= len(content) or content[at + 1] < 0x80)
    return "text in Latin-1 or Windows-1252" if lonely else ""
