"""`tglc doc`: what a module of the standard library, or a file, offers. Offline; runs nothing."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from tgl.pipeline.documenting import CallsDoc, DeclDoc, ModuleDoc, documented
from tgl.pipeline.stop import Exit
from tgl.resources import stdlib_modules


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        help="std.scaling, or a file; none: all of the standard library",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace) -> int:
    """Print it, as Markdown."""
    names: list[str] = options.modules or list(stdlib_modules())
    found = [documented(name) for name in names]
    if options.json:
        print(json.dumps({"modules": [asdict(module) for module in found]}, indent=2, ensure_ascii=False))
    else:
        print("\n".join(module_text(module) for module in found), end="")
    return Exit.DONE


def module_text(module: ModuleDoc) -> str:
    """A module as Markdown."""
    parts = [f"## {module.name}\n", *([f"{module.doc}\n"] if module.doc else [])]
    return "\n".join([*parts, *(decl_text(decl) for decl in module.decls)])


def decl_text(decl: DeclDoc) -> str:
    """A declaration as Markdown."""
    lines = [f"### {decl.name}", "", "```tgl", decl.signature, "```", ""]
    lines += [decl.doc, ""] if decl.doc else []
    if decl.params:
        lines += ["| parameter | default | prior |", "|---|---|---|"]
        for param in decl.params:
            name = f"{param.name}: {param.type}" if param.type else param.name
            default = "to be given" if param.default is None else f"`{cell(param.default)}`"
            lines.append(f"| `{cell(name)}` | {default} | {cell(param.prior or '')} |")
        lines.append("")
    if decl.calls is not None:
        lines += [calls_text(decl.calls), ""]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Text in a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def calls_text(calls: CallsDoc) -> str:
    """The calls of a template in words."""
    if calls.least == calls.most:
        return f"Calls, re-asks included: {calls.most}."
    return f"Calls, re-asks included: at most {calls.most}, at least {calls.least}, as its choices fall."
