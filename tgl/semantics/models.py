"""`model` declarations."""

from __future__ import annotations

import re

from tgl.ir import ModelSpec
from tgl.semantics.errors import models as facts
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FileScope
from tgl.semantics.settings import Settings, read_settings
from tgl.semantics.simulated_settings import SIMULATED_KEYS, simulated_settings
from tgl.syntax import ast

KEYS = [
    "provider",
    "weights",
    "sha256",
    "id",
    "revision",
    "base_url",
    "api_key",
    "params",
    "layers",
    "hidden",
    "units",
    "price",
    "zone",
    "concurrency",
    "rpm",
    "tpm",
    "timeout",
    "without",
    "context",
    "embeds",
]

REQUIRED = {
    "local": ("weights", 'weights "smollm2-135m-instruct"'),
    "openai": ("id", 'id "model-name"'),
    "simulated": ("profile", 'profile "sim-8b"'),
}
"""Built-in providers: the setting that each can't do without, and an example of it."""

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A name that a shell can export: what does not look like one may be a key in the wrong place."""

OPTIONS = ("temperature", "top_p", "max_tokens", "stop", "system", "seed", "logprobs")
"""Request options that a server may refuse (`without temperature`)."""


def read_model(scope: FileScope, model: ast.Model, problems: Problems) -> ModelSpec:
    """The facts of a model; wrong settings are reported and left out."""
    at = scope.at(model.name_span)
    provider, is_plugin = chosen_provider(model)
    more = [setting.key for setting in model.settings if is_plugin and isinstance(setting, ast.Setting)]
    own = [key for key in dict.fromkeys(more) if key not in KEYS]
    simulated = SIMULATED_KEYS if provider == "simulated" else ()
    known = [*KEYS, *simulated, *own]
    got = read_settings(scope, model.settings, problems, owner="a model", at=at, known=known)
    embeds = got.word("embeds", ("yes", "no")) == "yes"
    if got.require("provider", "provider local") and not is_plugin:
        # All that is installed is looked up only where none of our own is meant: it takes a while.
        known = (*REQUIRED,) if provider in REQUIRED else installed_providers()
        word = got.word("provider", known)
        if word in REQUIRED and not (word == "simulated" and embeds):
            got.require(*REQUIRED[word])
    prompt_price, completion_price = prices(got)
    base_url, base_url_env = url(got)
    context = got.whole("context", "a number of tokens")
    without = got.names("without")
    for name in without:
        if name not in OPTIONS:
            got.wrong("without", "options that the server refuses: " + ", ".join(OPTIONS))
            break
    return ModelSpec(
        name=model.name,
        provider=provider or "openai",
        id=got.text("id"),
        weights=got.text("weights"),
        sha256=got.text("sha256"),
        revision=got.text("revision"),
        base_url=base_url,
        base_url_env=base_url_env,
        api_key_env=key(got),
        params=got.number("params", "a number of parameters, such as 135M", low=1),
        layers=got.whole("layers", "a number of layers"),
        hidden=got.whole("hidden", "a number"),
        units=got.number("units", "a number of units", units=("", "units")),
        prompt_price=prompt_price,
        completion_price=completion_price,
        zone=got.word("zone", ("device", "edge", "cloud")),
        concurrency=got.whole("concurrency", "a whole number of calls at a time, at least 1"),
        rpm=got.whole("rpm", "a whole number of requests a minute, at least 1"),
        tpm=got.whole("tpm", "a whole number of tokens a minute, at least 1"),
        timeout=got.number("timeout", "a time, such as 30s", units=("ms", "s", "m", "h")),
        without=without,
        embeds=embeds,
        settings=(
            *(() if context is None else (("context", str(context)),)),
            *((key, text) for key in own if (text := plain(got, key)) is not None),
            *(simulated_settings(got) if simulated and not embeds else ()),
        ),
    )


def installed_providers() -> tuple[str, ...]:
    """What may stand after `provider`; the back-ends are not imported where a program uses our own."""
    from tgl.models import provider_names

    return provider_names()


def chosen_provider(model: ast.Model) -> tuple[str | None, bool]:
    """The word after `provider`, if there is one, and whether it names a provider of another package.

    Such a provider has settings of its own, which it checks itself when it is built: no plugin runs here.
    """
    for setting in model.settings:
        match setting:
            case ast.Setting(key="provider", args=(ast.Arg(value=ast.Name(id=word), name=None),)):
                return word, word not in REQUIRED and word in installed_providers()
            case _:
                continue
    return None, False


def plain(got: Settings, key: str) -> str | None:
    """The text of a setting that only its provider understands."""
    wanted = "a word, a number or a text"
    match got.single(key, wanted):
        case ast.Name(id=text) | ast.String(value=text):
            return text
        case ast.Number(text=text):
            return text
        case None:
            return None
        case _:
            got.wrong(key, wanted)
            return None


def variable(value: ast.Expr) -> str | None:
    """The name in `env("NAME")`."""
    match value:
        case ast.Call(func=ast.Name(id="env"), args=(ast.Arg(value=ast.String(value=name), name=None),)):
            return name
        case _:
            return None


def key(got: Settings) -> str | None:
    """The environment variable that holds the key; a key itself is an error."""
    value = got.single("api_key", '`env("NAME")`')
    if value is None:
        return None
    name = variable(value)
    if name is None or not VARIABLE.fullmatch(name):
        got.problems.add(facts.key_in_program(got.place(value)))
        return None
    return name


def url(got: Settings) -> tuple[str | None, str | None]:
    """The address as written, and the environment variable that holds it."""
    value = got.single("base_url", 'an address, `"http://…"` or `env("NAME")`')
    if value is None:
        return None, None
    if isinstance(value, ast.String):
        if not value.value.startswith(("http://", "https://")):
            got.wrong("base_url", 'an address, `"http://…"` or `env("NAME")`')
            return None, None
        if "@" in value.value.split("//", 1)[1].split("/", 1)[0]:
            got.problems.add(facts.key_in_program(got.place(value), "base_url"))
            return None, None
        return value.value, None
    name = variable(value)
    if name is None or not VARIABLE.fullmatch(name):
        got.wrong("base_url", 'an address, `"http://…"` or `env("NAME")`')
    return None, name


def prices(got: Settings) -> tuple[float | None, float | None]:
    """Dollars for a prompt token and for a token of the reply."""
    wanted = "`prompt: $0.15/Mtok, completion: $0.60/Mtok`"
    found: dict[str, float] = {}
    for arg in got.args("price"):
        if (
            arg.name not in ("prompt", "completion")
            or not isinstance(arg.value, ast.Number)
            or arg.value.unit != "$/Mtok"
        ):
            got.wrong("price", wanted)
            return None, None
        found[arg.name] = arg.value.value / 1e6
    if found and len(found) < 2:
        got.wrong("price", wanted)
    return found.get("prompt"), found.get("completion")
