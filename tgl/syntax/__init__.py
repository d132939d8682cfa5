"""Text to tree and back: parsing, printing, formatting."""

from tgl.syntax import ast
from tgl.syntax.errors import SyntaxProblem
from tgl.syntax.parse import Comment, Parsed, parse

__all__ = ["Comment", "Parsed", "SyntaxProblem", "ast", "parse"]
