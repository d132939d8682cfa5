"""Code: the program in a reply, and when two programs are written the same.

What is looked for, in this order, and the first that parses and defines the entry is taken:

1. fenced blocks of Python, the last one first: as a program; then as the body that the prompt asks for;
2. a last block whose fence was never closed, because the reply was cut off: as far as it parses;
3. the reply itself: from its first line of code as far as it parses, or as what continues the prompt.

A program without the lines above the prompt's function (imports, helpers that the tests call) gets them.
Where nothing defines the entry, the last block is the answer as it stands: it is wrong, its error is told.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator

LARGEST = 100_000
"""Code points of a reply that are read, from the end."""
LONGEST = 30_000
"""Code points of a program that is parsed; a longer one is its text."""
MOST_ENDS = 64
"""Places at which a text that does not parse as a whole is cut."""
LONGEST_CUT = 10_000
"""Code points of a text that is tried in parts."""
LANGUAGES = {"", "python", "py", "python3", "py3", "python2", "{python}", "{.python}"}
FENCE = re.compile(r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[^\s`]*)[^`\n]*$")
STARTS_CODE = re.compile(r"(?:import\s|from\s+[\w.]+\s+import\b|def\s|async\s+def\s|class\s|@\w)")
INDENT = "    "


def program_in(reply: str, prompt: str, entry: str) -> str | None:
    """The complete program that a reply stands for, or None if there is no code in it. Pure.

    Args:
        reply: what a model said.
        prompt: the code that it was to go on with; "" or a question in words if there was none.
        entry: the function that has to be defined; "": any.
    """
    text = reply[-LARGEST:].replace("\r\n", "\n")
    above = preamble(prompt, entry)
    blocks, cut = fenced(text)
    for made in (completed(block, above, entry) for block in reversed(blocks)):
        for program in made:
            return program
    for made in (continued(block, prompt, entry) for block in reversed(blocks)):
        for program in made:
            return program
    if cut is not None:
        for part in shortened(cut):
            for program in (*completed(part, above, entry), *continued(part, prompt, entry)):
                return program
    if blocks or cut is not None:
        return blocks[-1] if blocks else cut
    for part in from_code(text):
        for program in completed(part, above, entry):
            return program
    if not entry:
        return None
    for part in shortened(text):
        for program in continued(part, prompt, entry):
            return program
    return None


def fenced(text: str) -> tuple[list[str], str | None]:
    """The closed blocks that may be Python, without common indentation, and the last one if it is open."""
    blocks: list[str] = []
    lines: list[str] = []
    fence = language = ""
    for line in text.split("\n"):
        found = FENCE.match(line)
        if not fence and found is not None:
            fence, language, lines = found["fence"], found["language"].lower(), []
        elif fence and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            if language in LANGUAGES and is_code(lines):
                blocks.append(textwrap.dedent("\n".join(lines)) + "\n")
            fence = ""
        else:
            lines.append(line)
    still_open = fence and language in LANGUAGES and is_code(lines)
    return blocks, textwrap.dedent("\n".join(lines)) + "\n" if still_open else None


def is_code(lines: list[str]) -> bool:
    """Whether a block is no transcript of a session, and not empty."""
    return any(line.strip() for line in lines) and not any(
        line.lstrip().startswith(">>> ") for line in lines[:1]
    )


def completed(text: str, above: str, entry: str) -> Iterator[str]:
    """The text as a program that defines the entry, below what stands above the prompt's function."""
    tree = parsed(text)
    if tree is None or not defines(tree, entry):
        return
    whole = f"{above}\n{text}" if above and above not in text else text
    yield whole if parsed(whole) is not None else text


def continued(text: str, prompt: str, entry: str) -> Iterator[str]:
    """The text as the body of the prompt's function.

    It may have lost the indentation of its first line, or all of it; then it has to return something, since
    any list of statements could be meant.
    """
    if not entry or not re.search(rf"^(?:async\s+)?def\s+{re.escape(entry)}\b", prompt, re.MULTILINE):
        return
    start = prompt if prompt.endswith("\n") else prompt + "\n"
    body = text.lstrip("\n")
    for way in (body, INDENT + body.lstrip(), textwrap.indent(textwrap.dedent(body), INDENT)):
        tree = parsed(start + way)
        if tree is not None and has_body(tree, entry, returning=way is not body):
            yield start + way
            return


def preamble(prompt: str, entry: str) -> str:
    """What stands above the prompt's function; "" if that is no code."""
    found = (
        list(re.finditer(rf"^(?:async\s+)?def\s+{re.escape(entry)}\b", prompt, re.MULTILINE)) if entry else []
    )
    above = prompt[: found[-1].start()].strip("\n") if found else ""
    return f"{above}\n" if above and parsed(above) is not None else ""


def from_code(text: str) -> Iterator[str]:
    """The text from each of its first lines of code on, as far as it may parse, the longest first."""
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines) if STARTS_CODE.match(line)]
    for at in starts[:4]:
        yield from shortened("\n".join(lines[at:]))


def shortened(text: str) -> Iterator[str]:
    """The text, then what is left without its last parts; a part begins with a line that is not indented."""
    yield text
    if len(text) > LONGEST_CUT:
        return
    lines = text.split("\n")
    ends = [at for at, line in enumerate(lines) if at and line[:1].strip()]
    for at in reversed(ends[:MOST_ENDS]):
        yield "\n".join(lines[:at]) + "\n"


def defines(tree: ast.Module, entry: str) -> bool:
    """Whether a program defines a name at its top level; any function or class if there is no name."""
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if name == entry or not entry:
                    return True
            case ast.Assign(targets=targets):
                if any(isinstance(target, ast.Name) and target.id == entry for target in targets):
                    return True
            case _:
                pass
    return False


def has_body(tree: ast.Module, entry: str, *, returning: bool) -> bool:
    """Whether the last function of that name does anything below its docstring, or returns something."""
    for statement in reversed(tree.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == entry:
            return returns(statement) if returning else not all(is_text(inner) for inner in statement.body)
    return False


def returns(function: ast.AST) -> bool:
    """Whether a function returns or yields something, itself and not in a function inside it."""
    left = list(ast.iter_child_nodes(function))
    while left:
        node = left.pop()
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            left.extend(ast.iter_child_nodes(node))
    return False


def is_text(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case _:
            return False


def parsed(text: str) -> ast.Module | None:
    """The tree of a program, or None if it is none, or too long."""
    if len(text) > LONGEST:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
            compile(tree, "program", "exec", dont_inherit=True)  # sees `return` outside functions
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return tree


def code_key(program: str) -> str:
    """Equal for programs that differ only in layout, comments and docstrings. Pure.

    Names count: two that differ in one are two ways to write it. What does not parse is its own text.
    """
    tree = parsed(program)
    if tree is None:
        return "\n".join(line.rstrip() for line in program.strip().splitlines())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            kept = [statement for statement in node.body if not is_text(statement)]
            node.body = kept or ([] if isinstance(node, ast.Module) else [ast.Pass()])
    try:
        return ast.unparse(tree)
    except (ValueError, RecursionError):
        return program.strip()
