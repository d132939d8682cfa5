"""Models: E06, and limits and spend: E07."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.diagnostics import Diagnostic
from tgl.semantics.errors.at import At, error, listed


def no_model(at: At, node: str) -> Diagnostic:
    """E0601: a role without a model to run on."""
    return error(
        "E0601",
        at,
        f"node `{node}` says nowhere which model it runs on",
        "no model",
        hint="add `on MODEL`, or `on ~pool` for a choice",
    )


def key_in_program(at: At, setting: str = "api_key") -> Diagnostic:
    """E0602: a key written into a program."""
    return error(
        "E0602",
        at,
        "a key is never written into a program",
        "a secret would be committed and shared",
        hint=f'put it into a variable of the environment and write `{setting} env("NAME_OF_THE_VARIABLE")`',
    )


def refused_option(at: At, option: str, role: str, models: Sequence[str]) -> Diagnostic:
    """E0603: an option that the server of a model refuses."""
    return error(
        "E0603",
        at,
        f"{listed(models)} take{'s' if len(models) == 1 else ''} no `{option}`, and `{role}` sets it",
        "refused by the model",
        hint=f"use a role that does not set `{option}`, or remove it from `without` if the server takes it",
    )


def no_logprobs(at: At, function: str, models: Sequence[str]) -> Diagnostic:
    """E0603: a signal reads the log-probabilities of models that tell none."""
    return error(
        "E0603",
        at,
        f"{listed(models)} tell{'s' if len(models) == 1 else ''} no `logprobs`, and `{function}` reads them",
        "refused by the model",
        hint="run it on a model that tells them, or read something else, such as the `agreement` of several",
    )


def unknown_profile(at: At, profile: str, known: Sequence[str], near: str | None) -> Diagnostic:
    """E0605: a profile that is neither shipped nor a file."""
    return error(
        "E0605",
        at,
        f"there is no profile `{profile}` of a simulated model",
        near or "not known",
        hint=f'the shipped profiles are {", ".join(known)}; or name a file, `"fitted.toml#name"`',
    )


def makes_no_vectors(at: At, model: str) -> Diagnostic:
    """E0606: the key `embedding` names a model that is not declared to make vectors."""
    return error(
        "E0606",
        at,
        f"the key needs vectors of answers, and `{model}` is declared to answer prompts",
        "makes no vectors",
        hint=f"name one that is declared with `embeds yes`; `{model}` and it may be at one server",
    )


def makes_vectors(at: At, node: str, models: Sequence[str]) -> Diagnostic:
    """E0606: a role on a model that makes vectors."""
    return error(
        "E0606",
        at,
        f"node `{node}` may run on {listed(models)}: `embeds yes` says vectors, and no replies",
        "answers no prompt",
        hint="name another model; one that does both is declared twice, once with `embeds yes`",
    )


def vote_without_vectors(at: At, what: str) -> Diagnostic:
    """E0607: an answer that is no whole reply, where votes need vectors."""
    return error(
        "E0607",
        at,
        f"`{what}` makes an answer that is no whole reply, and votes under `key embedding` need its vector",
        "no vector is made of this answer",
        hint="let a role reply with the answer alone (`-> answer`), or count votes by another key",
    )


def limit_unit(at: At, what: str, wanted: str) -> Diagnostic:
    """E0701: a limit in a unit that it cannot have."""
    return error("E0701", at, f"a limit on {what} is given in {wanted}", "wrong unit")


def unknown_price(at: At, models: Sequence[str]) -> Diagnostic:
    """E0702: a limit in dollars on models whose price is not known."""
    return error(
        "E0702",
        at,
        f"the price of {listed(models)} is not known, so this cannot be kept",
        "in dollars",
        hint="add `price prompt: $0.15/Mtok, completion: $0.60/Mtok` to the model",
    )


def spend_needed(at: At, models: Sequence[str]) -> Diagnostic:
    """E0703: a search over paid models without a `spend`."""
    return error(
        "E0703",
        at,
        f"a search that calls {listed(models)} needs a `spend`",
        "no `spend`",
        hint="add `spend calls <= 2000`, or `spend cost <= $5`: no search on servers is open-ended",
    )


def max_tokens_needed(at: At, role: str, limit: At) -> Diagnostic:
    """E0704: a bound on tokens or money needs a bound on replies."""
    return error(
        "E0704",
        at,
        f"`{role}` needs `max_tokens`, because tokens or money are limited",
        "no `max_tokens`",
        also=[limit.label("limited here")],
        hint="add `max_tokens 256` to the role",
    )
