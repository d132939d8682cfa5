"""What is allowed and hardly ever meant: warnings that help a search."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.diagnostics import Diagnostic, Fix
from tgl.semantics.errors.at import At, listed, warning


def greedy_replicas(at: At, node: str) -> Diagnostic:
    """W0502: replicas at temperature 0, which are one response."""
    return warning(
        "W0502",
        at,
        f"all replicas of `{node}` give the same reply at temperature 0",
        "the same reply, paid for each time",
        hint="raise the temperature, or keep one",
    )


def even_votes(at: At, held: At | None, count: int, *, two_answers: bool) -> Diagnostic:
    """W0504: a vote of an even number; where answers are equally frequent the earliest counts."""
    if count == 2:
        message = "of two votes only the first decides: where they differ, it counts"
        hint = "vote with an odd number, such as 3, or leave the second out"
    elif two_answers:
        message = f"with two possible answers, {count} votes are right as often as {count - 1}"
        hint = f"vote with {count - 1} or {count + 1}: a tie goes to the earliest vote"
    else:
        message = f"{count} votes may be split evenly, and then the earliest answer counts"
        hint = f"vote with {count - 1} or {count + 1}, or let the search decide: `~{count - 1}..{count + 1}`"
    also = () if held is None else (held.label("counted here"),)
    return warning("W0504", at, message, "an even number of votes", hint=hint, also=also)


def unreachable_option(at: At, what: str, node: str, port: str) -> Diagnostic:
    """W0505: an option that no program has."""
    return warning(
        "W0505",
        at,
        f"node `{node}` is never a `{what}`, since nothing can feed its port `{port}`",
        "never chosen",
        hint=f"draw an edge to it, pass `{port}`, or leave the option out",
    )


def no_output(at: At, guarded: Sequence[At]) -> Diagnostic:
    """W0506: an output of which every source has a `when` (language.md G17)."""
    return warning(
        "W0506",
        at,
        "this output may be absent: everything it could be has a `when`, and none of these need hold",
        "no answer, which counts as wrong",
        hint='let something answer that is always there, at last a text: `first(a, b, "I do not know")`',
        also=[one.label("runs only when its condition holds") for one in guarded],
    )


def unsaid(at: At, function: str) -> Diagnostic:
    """W0507: a signal of replies that reads what no model says."""
    return warning(
        "W0507",
        at,
        f"`{function}` reads what no model says here, so it is absent, and a `when` with it is never true",
        "always absent",
        hint="give it a message as a role said it: no field, no sum of texts, nothing that a function wrote",
    )


def weights_sum(at: At, total: str, shares: str, fixes: Sequence[Fix]) -> Diagnostic:
    """W0401: weights that look like probabilities and do not add up to 1."""
    return warning(
        "W0401",
        at,
        f"these probabilities add up to {total}, not to 1",
        f"taken as {shares}",
        hint="weights are relative: write shares that add up to 1, or whole numbers such as `7` and `3`",
        fixes=fixes,
    )


def numbered_choice(at: At, address: str) -> Diagnostic:
    """W0402: a second choice in one condition (language.md C21)."""
    return warning(
        "W0402",
        at,
        f"this choice has a number for a name, `{address}`: the condition holds several",
        "not the first in this condition",
        hint="give it a name, `param sure = ~[…]`, and use that: a name stays when the condition changes",
    )


def limit_too_low(at: At, least: str, nodes: Sequence[str]) -> Diagnostic:
    """W0702: a limit that excludes every program."""
    return warning(
        "W0702",
        at,
        f"no program can meet this limit: each needs at least {least}",
        "below what every program needs",
        hint=f"raise it, or let the program do with less: {listed(nodes)} always run"
        + ("s" if len(nodes) == 1 else ""),
    )


def vote_without_key(at: At, task: str, function: str, used: At) -> Diagnostic:
    """W0801: answers are compared, and the task does not say when two are the same."""
    return warning(
        "W0801",
        at,
        f"task `{task}` has no `key`, so `{function}` takes answers for different that differ in one letter",
        "no `key`",
        hint="write `key number`, `key text, match: normalised`, `key choice, options: […]`; "
        "`key exact` if every letter counts",
        also=[used.label(f"`{function}` compares answers")],
    )


def own_judge(at: At, judge: str, model: str) -> Diagnostic:
    """W0802: a judge that may mark its own answers."""
    same = "" if judge == model else f", which is `{model}`,"
    return warning(
        "W0802",
        at,
        f"the judge `{judge}`{same} may mark answers that it wrote itself",
        "models tend to favour what they wrote",
        hint="judge with a model that the program does not use, best of another family",
    )
