"""Text to tree and back: parsing, printing, formatting."""

from tgl.syntax.parse import Comment, Parsed, parse

__all__ = ["Comment", "Parsed", "parse"]
