"""Rewrite the tables and the example of `ir.md`: run this after a value of `tgl.ir` was changed.

python docs/make_ir.py
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

from pydantic import BaseModel

from tgl.ir import choices, expr, program
from tgl.pipeline.checking import canonical_ir
from tgl.semantics import NO_FILES, check, lower
from tgl.text import SourceFile

PAGE = Path(__file__).with_name("ir.md")
MARKED = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
SECTIONS = (("expressions", expr), ("choices", choices), ("program", program))


def models(module: object) -> str:
    """The values of a module: what each is, and its fields with type and default."""
    parts: list[str] = []
    for name, found in vars(module).items():
        if not (inspect.isclass(found) and issubclass(found, BaseModel)):
            continue
        if found.__module__ != getattr(module, "__name__", "") or name == "Frozen":
            continue
        found.model_rebuild()
        rows = [
            f"| `{field}` | `{kind(found, field)}` | {default(info)} |"
            for field, info in found.model_fields.items()
        ]
        text = " ".join(inspect.cleandoc(found.__doc__ or "").split("\n"))
        text = re.sub(r" {2,}", "\n\n", text)
        parts.append(
            "\n".join([f"### {name}", "", text, "", "| field | type | default |", "|---|---|---|", *rows])
        )
    return "\n\n".join(parts) + "\n"


def kind(found: type[BaseModel], field: str) -> str:
    """The type of a field as it is written."""
    written = next(
        c.__annotations__[field] for c in found.__mro__ if field in getattr(c, "__annotations__", {})
    )
    return str(written).replace("|", "\\|")


def default(info: object) -> str:
    """The default of a field; empty where it has to be given."""
    if info.is_required():  # pyright: ignore[reportAttributeAccessIssue]
        return ""
    value = info.get_default(call_default_factory=True)  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(value, BaseModel):
        return f"`{value.model_dump_json()}`"
    return f"`{json.dumps(value)}`"


def example(page: str) -> str:
    """The IR of the program on the page."""
    text = page.split("```tgl\n")[1].split("```")[0]
    ir = lower(check(SourceFile("sums.tgl", text), NO_FILES)).ir
    assert ir is not None
    return f"```json\n{canonical_ir(ir)}\n```\n"


def made(page: str) -> str:
    """The page with all that is made rewritten."""
    texts = {name: models(module) for name, module in SECTIONS} | {"example": example(page)}
    return MARKED.sub(lambda found: found[1] + texts[found[2]] + found[3], page)


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
