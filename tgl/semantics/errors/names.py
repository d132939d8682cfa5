"""Names and imports: E02, and what the language has but this version has not, E0190."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence

from tgl.diagnostics import Diagnostic, Fix, did_you_mean, nearest_names
from tgl.semantics.errors.at import At, error, listed, warning
from tgl.semantics.errors.habits import meant_by


def not_yet(at: At, construct: str, hint: str | None = None) -> Diagnostic:
    """E0190: a construct of the language that this version cannot run."""
    return error(
        "E0190", at, f"this version of tglc cannot do {construct} yet", "not supported yet", hint=hint
    )


def import_not_found(at: At, path: str, reason: str, known: Iterable[str] = ()) -> Diagnostic:
    """E0201: a file or module that is not there."""
    return error(
        "E0201",
        at,
        f"cannot read `{path}`: {reason}",
        did_you_mean(path, known) or "",
        fixes=at.near(path, known),
    )


def import_cycle(at: At, path: Sequence[str]) -> Diagnostic:
    """E0202: files that use each other; `path` begins and ends with the same name."""
    way = " → ".join(path)
    return error(
        "E0202",
        at,
        f"these files use each other: {way}",
        "closes the circle",
        hint="move what both need into a third file",
    )


def unknown_name(
    at: At,
    name: str,
    in_scope: Iterable[str],
    kind: str = "name",
    where: str = "file",
    member: str | None = None,
) -> Diagnostic:
    """E0203: a name that nothing declares; `member` is how it is named if a loop or map holds it."""
    names = in_scope if isinstance(in_scope, Collection) else tuple(in_scope)
    near = did_you_mean(name, names)
    message = f"nothing named `{name}`" if kind == "name" else f"no {kind} named `{name}`"
    if kind in ("model", "graph", "task"):
        first = nearest_names(name, names, limit=1)
        instead = f"or use `{first[0]}`" if first else "or import it with `use`"
        ports = "(…)" if kind == "graph" else ""
        hint = f"declare it with `{kind} {name}{ports} {{ … }}`, {instead}"
    else:
        inside = None if member is None else f"outside of its loop or map it is named `{member}`"
        hint = inside or (None if near else meant_by(name)) or "declare it, or import it with `use`"
        hint = hint if kind == "name" else None
    label = f"not declared; {near}" if near else "not declared"
    return error("E0203", at, f"{message} in this {where}", label, hint=hint, fixes=at.near(name, names))


def unbound_index(at: At, name: str) -> Diagnostic:
    """E0203: a name of one letter that is no index of its statement."""
    return error(
        "E0203",
        at,
        f"nothing named `{name}` in this file, and no index of this statement",
        "not declared",
        hint=f"an index stands in the brackets of an end: `edge worker[{name}] -> …`",
    )


def duplicate_name(at: At, name: str, first: At) -> Diagnostic:
    """E0204: a second declaration of the same name."""
    return error(
        "E0204",
        at,
        f"`{name}` is declared twice",
        "declared again here",
        also=[first.label("first declared here")],
        hint="rename one of them",
    )


def shadowed_name(at: At, name: str, outer: At | None) -> Diagnostic:
    """E0205: an inner declaration with the name of an outer one, or of a built-in."""
    if outer is None:
        return error(
            "E0205",
            at,
            f"`{name}` is built in and cannot be declared",
            "built-in name",
            hint="choose another name",
        )
    return error(
        "E0205",
        at,
        f"`{name}` already means something outside of this graph",
        "declared again here",
        also=[outer.label("first declared here")],
        hint="choose another name: names are addresses, so none may hide another",
    )


def not_exported(at: At, name: str, module: str, declared: Iterable[str]) -> Diagnostic:
    """E0206: an imported name that the other file does not declare."""
    names = sorted(declared)
    hint = f"`{module}` declares {listed(names)}" if names and len(names) <= 12 else None
    return error(
        "E0206",
        at,
        f"`{module}` declares no `{name}`",
        did_you_mean(name, names) or "not declared there",
        hint=hint,
        fixes=at.near(name, names),
    )


def private_name(at: At, name: str, module: str) -> Diagnostic:
    """E0206: an imported name that the other file keeps for itself."""
    return error(
        "E0206",
        at,
        f"`{name}` is private to `{module}`: its name begins with `_`",
        "not for other files",
        hint="rename it there if other files are to use it",
    )


def wrong_kind(at: At, name: str, found: str, wanted: str, declared: At | None = None) -> Diagnostic:
    """E0207: a name of one kind where another is needed."""
    also = [] if declared is None else [declared.label("declared here")]
    return error("E0207", at, f"`{name}` is {found}, and {wanted} is needed here", f"not {wanted}", also=also)


def recursive_definition(at: At, name: str) -> Diagnostic:
    """E0208: a `let` or `param` that is defined by itself."""
    return error(
        "E0208",
        at,
        f"`{name}` is defined by itself",
        "comes back to itself",
        hint="break the circle with a value",
    )


def unused_choice(at: At, name: str) -> Diagnostic:
    """W0201: a name that holds a choice and is never used."""
    return warning(
        "W0201",
        at,
        f"`{name}` is never used, so its `~` decides nothing",
        "never used",
        hint="remove it, or use it",
    )


def look_alike(at: At, name: str, odd: str, twin: str, plain: str, fixes: Iterable[Fix]) -> Diagnostic:
    """E0209: a name with a letter that looks like another one."""
    message = f"`{name}` has {character(odd)}, which looks like {character(twin)}"
    return error("E0209", at, message, f"not `{plain}`", hint=f"write `{plain}`", fixes=fixes)


def same_look(at: At, name: str, other: str, odd: str, twin: str, first: At) -> Diagnostic:
    """E0209: two names that look the same."""
    message = f"`{name}` and `{other}` look the same: one has {character(odd)}, the other {character(twin)}"
    also = [first.label(f"`{other}` stands here")]
    return error("E0209", at, message, "another name", hint="write one of them otherwise", also=also)


def unseen_character(at: At, chars: str, within: str, escape: str | None, fix: Fix) -> Diagnostic:
    """E0191: characters that are not seen where they stand; `escape` is what a text has for the first one."""
    more = f" and {len(chars) - 1} more characters" if len(chars) > 2 else " and another character"
    name = f"U+{ord(chars[0]):04X} {unicodedata.name(chars[0], 'a control character')}"
    message = f"{within} holds {name}{more if len(chars) > 1 else ''}, which nobody sees"
    hint = "remove it" if escape is None else f"write `{escape}` if it is meant, or remove it"
    return error("E0191", at, message, "may read other than it is", hint=hint, fixes=[fix])


def character(text: str) -> str:
    """A character with its number and name; of several, each."""
    return " and ".join(
        f"`{letter}` (U+{ord(letter):04X} {unicodedata.name(letter, 'without a name')})" for letter in text
    )
