"""From a declaration to a back-end and its identity."""

import asyncio

import pytest

from tgl.ir.program import ModelSpec
from tgl.models import (
    Capabilities,
    ChatMessage,
    ChatRequest,
    Decoding,
    EnvVar,
    ErrorKind,
    Feature,
    LocalModel,
    ModelError,
    ModelSettings,
    OpenAICompatible,
    Role,
    build,
    capabilities_of,
    engine,
    fingerprint_of,
    resolve,
    settings_of,
)
from tgl.testing import FaultyServer, talkative_model

HASH = "ab" * 32
LOCAL = ModelSettings("smol", "local", weights="smollm2-135m-instruct")
GEMMA = ModelSettings("gemma", "local", weights="gemma-3-270m")
CLOUD = ModelSettings(
    "large", "openai", id="large-instruct", base_url=EnvVar("LARGE_URL"), api_key=EnvVar("LARGE_KEY")
)
ENV = {"LARGE_URL": "http://127.0.0.1:1/v1", "ODD_URL": "127.0.0.1:1/v1", "LARGE_KEY": "sk-1"}
ASKED = (ChatMessage(Role.USER, "hello"),)


def changed(settings, **changes):
    return ModelSettings(**{**{name: getattr(settings, name) for name in settings.__slots__}, **changes})


def refused(settings, tmp_path, env=ENV):
    with pytest.raises(ModelError) as caught:
        build(settings, env.get, tmp_path)
    assert caught.value.help
    return caught.value


def run_and_close(model, work=None):
    async def main():
        try:
            return await work if work else None
        finally:
            await model.close()

    return asyncio.run(main())


def test_an_endpoint_is_built_with_the_identity_foretold(tmp_path):
    model = build(CLOUD, ENV.get, tmp_path)
    assert isinstance(model, OpenAICompatible)
    assert model.fingerprint == fingerprint_of(CLOUD)
    assert "sk-1" not in repr(model)
    run_and_close(model)


def test_local_weights_are_built_with_the_identity_foretold(tmp_path, monkeypatch):
    monkeypatch.setattr("tgl.models.local.is_engine_installed", lambda: True)
    weights = tmp_path / "any.gguf"
    weights.write_bytes(b"GGUF")
    for name in ("smollm2-135m-instruct", "gemma-3-270m"):
        model = LocalModel(resolve(name), weights)
        assert model.fingerprint == fingerprint_of(changed(LOCAL, weights=name))


def test_address_and_key_are_no_part_of_the_identity():
    same = changed(CLOUD, base_url="http://elsewhere/v1", api_key=None, name="other", concurrency=3)
    assert fingerprint_of(same) == fingerprint_of(CLOUD)


@pytest.mark.parametrize(
    "other",
    [
        changed(CLOUD, id="small-instruct"),
        changed(CLOUD, revision="2026-10"),
        LOCAL,
        GEMMA,
        changed(LOCAL, weights="file:/m.gguf", sha256=HASH),
    ],
)
def test_another_model_has_another_identity(other):
    assert fingerprint_of(other) != fingerprint_of(CLOUD)


def test_template_and_stop_strings_are_part_of_the_identity(tmp_path, monkeypatch):
    monkeypatch.setattr("tgl.models.local.is_engine_installed", lambda: True)
    weights = tmp_path / "any.gguf"
    weights.write_bytes(b"GGUF")
    pack = resolve("gemma-3-270m")
    variants = [pack, pack.model_copy(update={"template": "{{ 1 }}"}), pack.model_copy(update={"stop": ()})]
    assert len({LocalModel(variant, weights).fingerprint for variant in variants}) == 3


# Recorded responses are found by these: a change here orphans every store.
@pytest.mark.parametrize(
    ("settings", "fingerprint"),
    [
        (CLOUD, "62a8534ab20aebf15fb23d71fa827e03ef8c873d2c1f200ffbdcfe4a574ee9c7"),
        (LOCAL, "a44b3f0c80207e6c0429c27a04627ead6bcaa0d826ae969025fc23108a803828"),
        (
            GEMMA,
            "48a42cf28817389d5342c8aa7f42ba28a42dec0dadf3993570ece5cdc75d82f1",
        ),
    ],
)
def test_fingerprints_stay(settings, fingerprint):
    assert fingerprint_of(settings) == fingerprint


@pytest.mark.parametrize(
    ("settings", "kind", "named"),
    [
        (changed(CLOUD, api_key=EnvVar("NO_KEY")), ErrorKind.AUTH, "NO_KEY"),
        (changed(CLOUD, base_url=EnvVar("NO_URL")), ErrorKind.MISSING, "NO_URL"),
        (changed(CLOUD, base_url="localhost:8000"), ErrorKind.MISSING, "base_url"),
        (changed(CLOUD, base_url=EnvVar("ODD_URL")), ErrorKind.MISSING, "as ODD_URL holds it, is no http"),
        (changed(CLOUD, id=""), ErrorKind.MISSING, "id"),
        (changed(LOCAL, weights="smollm9"), ErrorKind.MISSING, "smollm9"),
        (changed(LOCAL, weights="file:/m.gguf"), ErrorKind.MISSING, "file:/m.gguf"),
    ],
)
def test_what_is_lacking_is_named(tmp_path, settings, kind, named):
    error = refused(settings, tmp_path)
    assert error.kind is kind
    assert named in error.message


@pytest.mark.parametrize("key", ["sk-1\nsk-2", "sk-1\0", "sk-\xfc"])
def test_a_key_that_no_header_can_carry_is_refused_without_quoting_it(tmp_path, key):
    """Sent, the HTTP library's complaint quoted it, escaped past redaction, or was an internal error."""
    error = refused(CLOUD, tmp_path, ENV | {"LARGE_KEY": key})
    assert error.kind is ErrorKind.AUTH
    assert "LARGE_KEY" in str(error)
    assert "sk-" not in f"{error} {error.help}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/v1", "http://[::1/v1", "http://h:x/v1"])
def test_an_address_that_cannot_be_is_told(tmp_path, url):
    error = refused(CLOUD, tmp_path, ENV | {"LARGE_URL": url})
    assert error.kind is ErrorKind.MISSING
    assert "base_url" in str(error)


def test_missing_weights_name_the_pull(tmp_path, monkeypatch):
    monkeypatch.setattr("tgl.models.local.is_engine_installed", lambda: True)
    error = refused(LOCAL, tmp_path)
    assert error.kind is ErrorKind.MISSING
    assert error.help == "run: tglc models pull smollm2-135m-instruct"


def test_a_missing_engine_names_the_pip_line(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "MODULE", "an_engine_that_is_not_there")
    error = refused(LOCAL, tmp_path)
    assert error.kind is ErrorKind.MISSING
    assert error.help == "run: pip install 'tgl[local]'"


def test_an_engine_that_can_not_be_loaded_says_why(tmp_path, monkeypatch):
    (tmp_path / "broken_engine.py").write_text("raise ImportError('libgomp.so.1 not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(engine, "MODULE", "broken_engine")
    weights = tmp_path / "any.gguf"
    weights.write_bytes(b"GGUF")
    model = LocalModel(resolve("smollm2-135m-instruct"), weights)
    request = ChatRequest(ASKED, Decoding(), 1)
    with pytest.raises(ModelError, match=r"can't be loaded \(libgomp.so.1 not found\)") as caught:
        run_and_close(model, model.complete(request, timeout=5.0))
    assert caught.value.kind is ErrorKind.MISSING


def test_a_spec_becomes_settings():
    spec = ModelSpec(
        name="large",
        provider="openai",
        id="x",
        base_url_env="URL",
        api_key_env="KEY",
        without=("top_p",),
        concurrency=8,
        settings=(("token_limit", "max_completion_tokens"), ("context", "4096"), ("threads", "2")),
    )
    settings = settings_of(spec)
    assert (settings.base_url, settings.api_key) == (EnvVar("URL"), EnvVar("KEY"))
    assert (settings.token_limit, settings.context, settings.threads) == ("max_completion_tokens", 4096, 2)
    found = capabilities_of(settings)
    assert found.options == {"temperature", "max_tokens", "stop", "seed"}
    assert (found.max_concurrency, found.max_n) == (8, 1)
    assert Feature.OPENING in found.features
    assert Feature.OPENING not in capabilities_of(changed(settings, base_url=None)).features
    with pytest.raises(ModelError, match="no provider `olama`"):
        fingerprint_of(settings_of(spec.model_copy(update={"provider": "olama"})))
    with pytest.raises(ModelError, match="`context` is `4k`"):
        settings_of(spec.model_copy(update={"settings": (("context", "4k"),)}))


def sent(model_of, decoding, monkeypatch=None):
    """What the server gets for a request with `decoding`."""
    with FaultyServer(talkative_model) as server:
        model = model_of(server.base_url)
        run_and_close(model, model.complete(ChatRequest(ASKED, decoding, 5), timeout=5.0))
        return server.bodies[0]


EVERYTHING = Decoding(temperature=0.5, top_p=0.9, max_tokens=3, stop=("\n",))


def test_all_options_are_sent():
    body = sent(lambda url: OpenAICompatible("m", "", url, None, Capabilities()), EVERYTHING)
    messages = [{"role": "user", "content": "hello"}]
    options = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 3, "stop": ["\n"], "seed": 5}
    assert body == {"model": "m", "messages": messages, **options}


def test_only_what_is_set_and_taken_is_sent():
    lean = Capabilities(frozenset({"max_tokens"}))
    model = lambda url: OpenAICompatible("m", "", url, None, lean, token_limit="max_completion_tokens")  # noqa: E731
    body = sent(model, Decoding(max_tokens=3))
    assert set(body) == {"model", "messages", "max_completion_tokens"}


def test_an_option_outside_the_capabilities_is_refused_unsent():
    without = changed(CLOUD, without=frozenset({"temperature"}))
    model = build(without, ENV.get, None)
    with pytest.raises(ModelError, match="declared without temperature") as caught:
        run_and_close(model, model.complete(ChatRequest(ASKED, EVERYTHING, 5), timeout=5.0))
    assert caught.value.kind is ErrorKind.BAD_REQUEST


def test_a_key_of_openai_is_sent_to_nobody_else(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-openai")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    model = OpenAICompatible("m", "", "http://127.0.0.1:8000/v1", None, Capabilities())
    headers = {
        str(value)
        for value in {**model.wire.client.auth_headers, **model.wire.client.default_headers}.values()
    }
    run_and_close(model)
    assert not [value for value in headers if "of-openai" in value]


def test_a_loopback_server_is_reached_past_a_proxy(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert sent(lambda url: OpenAICompatible("m", "", url, None, Capabilities()), Decoding())["model"] == "m"
