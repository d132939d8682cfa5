"""Settings, arguments, values and prompts: E03."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tgl.diagnostics import Diagnostic, Fix, did_you_mean
from tgl.semantics.errors.at import At, error, listed, warning
from tgl.semantics.errors.habits import TYPES


def unknown_setting(
    at: At, key: str, owner: str, known: Sequence[str], present: Iterable[str] = ()
) -> Diagnostic:
    """E0301: a key that this declaration has not; those `present` can't have been meant."""
    return error(
        "E0301",
        at,
        f"{owner} has no setting `{key}`",
        did_you_mean(key, known) or "unknown setting",
        fixes=at.near(key, set(known) - set(present)),
        hint=f"settings of {owner}: {', '.join(sorted(known))}",
    )


def wrong_setting(
    at: At, key: str, wanted: str, hint: str | None = None, near: str | None = None, fixes: Iterable[Fix] = ()
) -> Diagnostic:
    """E0302: a setting whose value has the wrong type; `near` are words about what may have been meant."""
    return error("E0302", at, f"`{key}` takes {wanted}", near or "not that", hint=hint, fixes=fixes)


def missing_setting(at: At, owner: str, key: str, example: str) -> Diagnostic:
    """E0303: a required setting that is not there."""
    return error("E0303", at, f"{owner} needs `{key}`", f"no `{key}`", hint=f"add `{example}`")


def repeated(at: At, what: str, first: At, fixes: Iterable[Fix] = ()) -> Diagnostic:
    """E0304: a setting, clause or argument that is written twice."""
    return error(
        "E0304",
        at,
        f"{what} stands here twice",
        "again",
        also=[first.label("first here")],
        hint="keep one of them",
        fixes=fixes,
    )


def unknown_argument(
    at: At, name: str, owner: str, known: Iterable[str], what: str = "port or option"
) -> Diagnostic:
    """E0305: a named argument that the role, function, graph or search method has not."""
    names = sorted(known)
    return error(
        "E0305",
        at,
        f"`{owner}` has no {what} `{name}`",
        did_you_mean(name, names) or "unknown argument",
        fixes=at.near(name, names),
        hint=f"it takes {listed(names)}" if names else f"`{owner}` takes no arguments",
    )


def too_many_arguments(at: At, owner: str, most: int) -> Diagnostic:
    """E0306: more positional arguments than ports."""
    takes = "no argument" if most == 0 else f"{most} argument{'s' if most > 1 else ''}"
    return error(
        "E0306",
        at,
        f"`{owner}` takes {takes} without a name",
        "one too many",
        hint="name the option that it is meant for",
    )


def type_mismatch(at: At, message: str, label: str = "", hint: str | None = None) -> Diagnostic:
    """E0307: a value of the wrong type in an expression."""
    return error("E0307", at, message, label, hint=hint)


def not_a_list(at: At, what: str, hint: str, fixes: Iterable[Fix] = ()) -> Diagnostic:
    """E0307: an `each` through one message."""
    message = f"`each` goes through a list, and {what} is one message"
    return error("E0307", at, message, "no list", hint=hint, fixes=fixes)


def prompt_syntax(at: At, reason: str) -> Diagnostic:
    """E0308: a prompt that Jinja cannot read."""
    return error(
        "E0308",
        at,
        f"this prompt cannot be read: {reason}",
        "here",
        hint="`{{ name }}` prints a port, `{% for d in drafts %} … {% endfor %}` repeats (Jinja)",
    )


def prompt_variable(at: At, name: str, role: str, known: Iterable[str]) -> Diagnostic:
    """E0309: a prompt that prints what its role does not receive."""
    names = sorted(known)
    return error(
        "E0309",
        at,
        f"the prompt of `{role}` prints `{name}`, which is no port of it",
        did_you_mean(name, names) or "unknown here",
        fixes=at.near(name, names),
        hint=f"a prompt may use the role's ports and params, and `format`: {', '.join(names)}",
    )


def target_in_prompt(at: At, name: str, task: str, hint: str = "remove it") -> Diagnostic:
    """E0310: the expected answer would reach a prompt."""
    return error(
        "E0310",
        at,
        f"`{name}` is what task `{task}` expects; no prompt may see it",
        "the target would leak",
        hint=f"{hint}: an answer that was told is no answer",
    )


def unread_answer(at: At, where: str, found: str, hint: str) -> Diagnostic:
    """E0311: text where an answer is compared, and nobody reads the answer out of it."""
    return error("E0311", at, f"{where}, and nothing reads one out of {found}", "unread answer", hint=hint)


def wrong_time(at: At, clause: str, other: str) -> Diagnostic:
    """E0312: `if` on something that a run decides, or `when` on something that is decided before it."""
    if clause == "if":
        return error(
            "E0312",
            at,
            "`if` is decided before the run, and this is known only in the run",
            "only known in a run",
            hint=f"write `{other}`",
        )
    return error(
        "E0312",
        at,
        "`when` is decided in the run, and this is known before it",
        "no signal and no given field",
        hint=f"write `{other}`",
    )


def runtime_value(at: At, what: str) -> Diagnostic:
    """E0313: a message where a value is needed that is known before the run."""
    return error(
        "E0313",
        at,
        f"{what} must be known before the run, and this is a message of the run",
        "only known in a run",
        hint="use a number, a list, a `param` or a `~`; `each x[n] in …` maps over a list that a run makes",
    )


def missing_argument(at: At, owner: str, name: str, declared: At) -> Diagnostic:
    """E0314: a `param` without a default that gets no argument."""
    return error(
        "E0314",
        at,
        f"`{owner}` needs a value for `{name}`",
        f"no `{name}:`",
        also=[declared.label("has no default")],
        hint=f"write `{owner}({name}: …)`, or give the param a default",
    )


def reserved_port(at: At, name: str, owner: str) -> Diagnostic:
    """E0315: a port or param with the name of an option: one namespace for both (language.md G3)."""
    return error(
        "E0315",
        at,
        f"`{name}` is an option of every {owner}, so no port or param can have this name",
        "taken",
        hint="rename it",
    )


def option_value(at: At, name: str, wanted: str) -> Diagnostic:
    """E0316: an option outside of what it may be."""
    return error("E0316", at, f"`{name}` takes {wanted}", "outside of that")


def unused_port(at: At, port: str, role: str) -> Diagnostic:
    """W0301: a port that no prompt of its role prints."""
    return warning(
        "W0301",
        at,
        f"`{role}` never prints its port `{port}`",
        "not in the prompt",
        hint=f"put `{{{{ {port} }}}}` into the prompt, or remove the port",
    )


def missing_shots(at: At, role: str) -> Diagnostic:
    """E0317: few-shot examples without a file that they come from."""
    return error(
        "E0317",
        at,
        f"`{role}` shows examples but names no file of them",
        "no `from:`",
        hint='write `shots 3, from: "shots.jsonl"` in the role',
    )


def unknown_type(at: At, name: str, known: Sequence[str]) -> Diagnostic:
    """E0318: a type that the language has not."""
    plain = ", ".join(word for word in known if word != "record")
    types = f"types: {plain}, a record `{{name: type}}`, tags `ASK(text) | DONE`"
    return error(
        "E0318",
        at,
        f"there is no type `{name}`",
        did_you_mean(name, known) or "unknown type",
        fixes=at.near(name, known),
        hint=f"write {TYPES[name]}" if name in TYPES else types,
    )


def no_such_part(at: At, name: str, known: Sequence[str], kind: str, what: str | None = None) -> Diagnostic:
    """E0319: a field or tag that a message never has, or not if it is said by `what`, one of several."""
    tag = kind == "tagged" or name.isupper()
    word = "tag" if tag else "field"
    if what is not None:
        message = f"this may be said by `{what}`, which has no {word} `{name}`"
        label = f"no {word}s" if not known else f"{word}s of `{what}`: {listed(known)}"
        hint = f"all that a node may be need the field that is read: give `{what}` one, or leave it out"
        return error("E0319", at, message, label, hint=hint)
    if not known:
        said = "a tagged reply" if kind == "tagged" else f"{'an' if kind == 'answer' else 'a'} {kind}"
        message = f"this message is {said} and has no {word} `{name}`"
        hint = (
            "which model a node runs on is `model_of(node)`"
            if name == "model"
            else "a role with fields answers with a record: `-> {verdict: text, score: number}`"
        )
        return error("E0319", at, message, f"no {word}s", hint=hint)
    near = did_you_mean(name, known)
    label = near or f"its {word}s are {listed(known)}"
    return error("E0319", at, f"this message has no {word} `{name}`", label, fixes=at.near(name, known))
