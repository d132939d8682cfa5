"""Code: the program in a reply, and when two programs are written the same."""

from __future__ import annotations


def program_in(reply: str, prompt: str, entry: str) -> str | None:
    """The complete program that a reply stands for, or None if there is none in it. Pure."""
    raise NotImplementedError


def code_key(program: str) -> str:
    """Equal for programs that differ only in layout, comments and docstrings. Pure."""
    raise NotImplementedError
