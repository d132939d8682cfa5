"""Text put together of rendered parts: the source with its parts replaced, lists and calls of what is left.

What a part of the source becomes is for the renderer to say; here it is text already, one for each copy.
"""

from __future__ import annotations

from collections.abc import Sequence

from tgl.emit.guards import Texts
from tgl.syntax import ast
from tgl.text import Edit, SourceFile, Span, apply_edits


def spliced(source: SourceFile, span: Span, children: Sequence[tuple[Span, Texts]], copies: int) -> Texts:
    """The source of `span` with each child replaced; no text where a child has none."""
    found: Texts = []
    for k in range(copies):
        edits: list[Edit] = []
        for at, texts in children:
            text = texts[k]
            if text is None:
                break
            edits.append(Edit(Span(at.start - span.start, at.end - span.start), text))
        found.append(
            apply_edits(source.text[span.start : span.end], edits) if len(edits) == len(children) else None
        )
    return found


def joined(
    source: SourceFile,
    expr: ast.ListExpr | ast.Call,
    args: Sequence[ast.Arg],
    parts: Sequence[Texts],
    func: tuple[ast.Expr, Texts] | None,
    extra: Sequence[str],
    copies: int,
) -> Texts:
    """A list, or a call of `func`, with what is left of its items and `extra` ones; no text without any."""
    found: Texts = []
    for k in range(copies):
        texts = [part[k] for part in parts]
        kept = [text for text in texts if text is not None]
        name = func[1][k] if func is not None else ""
        if name is None or (args and not kept and not extra):
            found.append(None)
        elif len(kept) == len(texts) and not extra:
            spans = [arg.span for arg in args]
            edits = [*zip(spans, kept, strict=True)] + ([(func[0].span, name)] if func else [])
            at = expr.span.start
            found.append(
                apply_edits(
                    source.text[expr.span.start : expr.span.end],
                    [Edit(Span(span.start - at, span.end - at), text) for span, text in edits],
                )
            )
        else:
            inner = ", ".join([*kept, *extra])
            found.append(f"{name}({inner})" if func is not None else f"[{inner}]")
    return found


def table(texts: Sequence[str], shape: Sequence[int]) -> str:
    """A list of texts, or a list of rows of them.

    >>> table(["a", "b"], [2]), table(["a", "b", "c", "d"], [2, 2])
    ('[a, b]', '[[a, b], [c, d]]')
    """
    if len(shape) > 1:
        step = len(texts) // shape[0]
        texts = [table(texts[k : k + step], shape[1:]) for k in range(0, len(texts), step)]
    return f"[{', '.join(texts)}]"


def nothing(arg: ast.Arg) -> str:
    """An argument that is an empty list."""
    return "[]" if arg.name is None else f"{arg.name}: []"
