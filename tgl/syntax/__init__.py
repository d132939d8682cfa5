"""Text to tree and back: parsing, printing, formatting."""

from tgl.syntax import ast, words
from tgl.syntax.errors import SyntaxProblem
from tgl.syntax.format import format_source
from tgl.syntax.literals import quoted
from tgl.syntax.parse import Comment, Parsed, parse
from tgl.syntax.print import print_decl, print_expr, print_module, print_stmt, print_type
from tgl.syntax.unseen import Unseen, Within, unseen

__all__ = [
    "Comment",
    "Parsed",
    "SyntaxProblem",
    "Unseen",
    "Within",
    "ast",
    "format_source",
    "parse",
    "print_decl",
    "print_expr",
    "print_module",
    "print_stmt",
    "print_type",
    "quoted",
    "unseen",
    "words",
]
