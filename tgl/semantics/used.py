"""What a program uses of the files that it imports, so that a change of anything else there changes nothing.

The declarations are told in the order in which they are reached from the program's own names, each with what
its names mean there. File names play no part (they depend on where a program is run from); which name means
which declaration does, so that two files that changed places are told apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import cast

from tgl.semantics.scope import Files, FileScope, Named
from tgl.syntax import ast, print_decl
from tgl.text import frozen


@frozen
class UsedDeclaration:
    """A declaration of an imported file. `text` is canonical, and tells what its names refer to by number."""

    decl: Named
    scope: FileScope
    text: str


def used_declarations(files: Files) -> tuple[UsedDeclaration, ...]:
    """The imported declarations that a program's own ones refer to, those that they refer to among them.

    Comments and layout are not in the texts. The first text names the program's imports by number.
    """
    main = files.main
    own = [decl for decl in main.module.decls if not isinstance(decl, (ast.Use, ast.Measured))]
    numbers: dict[tuple[str, str], int] = {}
    todo: list[tuple[Named, FileScope]] = []

    def numbered(scope: FileScope, names: set[str]) -> dict[str, int]:
        """The numbers of what some names of a file refer to; what is new is looked at later."""
        found: dict[str, int] = {}
        for name in sorted(names & scope.names.keys()):
            binding = scope.names[name]
            if binding.decl is None or binding.home == files.root:
                continue
            key = (binding.home, binding.decl.name)
            if key not in numbers:
                numbers[key] = len(numbers)
                todo.append((binding.decl, files.scopes[binding.home]))
            found[name] = numbers[key]
        return found

    start = numbered(main, {word for decl in own for word in words_in(decl)})
    texts: list[UsedDeclaration] = []
    for decl, scope in todo:  # grows while it is gone through
        refers = numbered(scope, set(words_in(decl)) - {decl.name})
        told = json.dumps([print_decl(decl), refers, start if not texts else {}], ensure_ascii=False)
        texts.append(UsedDeclaration(decl, scope, told))
    return tuple(texts)


def words_in(node: object) -> Iterator[str]:
    """All words of a tree that may be the name of a declaration: those in texts and comments are none."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.String():
            return
        case tuple():
            for part in cast("tuple[object, ...]", node):
                yield from words_in(part)
        case str():
            yield node
        case ast.Node() if is_dataclass(node):
            for one in fields(node):
                yield from words_in(getattr(node, one.name))
        case _:
            pass
