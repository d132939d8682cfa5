"""Real models: in process, and over HTTP from a real llama.cpp server in another process."""

import asyncio
import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tgl.models import Capabilities, ErrorKind, Feature, LocalModel, ModelError, OpenAICompatible
from tgl.testing import ChatModelSuite
from tgl.testing.model_suite import echo

pytestmark = [pytest.mark.live, pytest.mark.slow]

KEY = "sk-live-suite"
SLOTS = 8

# The engine as a user would run a server of it: its own settings, nothing of ours but the key.
SERVER = """
import json, sys
import xllamacpp
asked = json.loads(sys.argv[1])
params = xllamacpp.CommonParams()
params.model.path = asked["weights"]
params.n_parallel = asked["slots"]
params.n_ctx = 1024 * asked["slots"]
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.api_keys = [asked["key"]]
params.verbosity = -1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


class TestLocalInstruct(ChatModelSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls, live_pack):
        pack, path = live_pack("smollm2-135m-instruct")
        return lambda: LocalModel(pack, path, Capabilities(max_concurrency=SLOTS))


class TestLocalBase(ChatModelSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls, live_pack):
        pack, path = live_pack("gemma-3-270m")
        return lambda: LocalModel(pack, path, Capabilities(max_concurrency=SLOTS))


@contextmanager
def llama_server(weights):
    asked = {"weights": str(weights), "slots": SLOTS, "key": KEY}
    command = [sys.executable, "-c", SERVER, json.dumps(asked)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() + "/v1"
        finally:
            process.stdin.close()
            process.wait(30)


class TestLlamaServer(ChatModelSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls, live_pack):
        _, path = live_pack("smollm2-135m-instruct")
        with llama_server(path) as url:
            # It counts the tokens of the first of several replies alone, so it is asked for one at a time.
            features = frozenset({Feature.LOGPROBS, Feature.SCHEMA, Feature.OPENING})
            capabilities = Capabilities(max_concurrency=SLOTS, features=features)
            yield lambda: OpenAICompatible("smollm2", "", url, KEY, capabilities)


def test_weights_that_are_none_and_prompts_that_are_too_long_are_explained(live_pack, tmp_path):
    pack, path = live_pack("smollm2-135m-instruct")
    short = pack.model_copy(update={"context": 256})
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF, but not really")

    async def error_of(model, request):
        try:
            with pytest.raises(ModelError) as caught:
                await model.complete(request, timeout=60.0)
            return caught.value
        finally:
            await model.close()

    too_long = asyncio.run(
        error_of(LocalModel(short, path, Capabilities(max_concurrency=2)), echo("apple " * 300))
    )
    assert too_long.kind is ErrorKind.BAD_REQUEST
    assert "256 tokens" in too_long.message
    assert "shorter prompt" in too_long.help
    unreadable = asyncio.run(error_of(LocalModel(pack, broken), echo("apple")))
    assert unreadable.kind is ErrorKind.MISSING
    assert str(broken) in unreadable.message


def test_a_closed_model_serves_nobody(live_pack):
    pack, path = live_pack("smollm2-135m-instruct")

    async def use_and_close():
        model = LocalModel(pack, path, Capabilities(max_concurrency=1))
        await model.complete(echo("apple"), timeout=60.0)
        address = urlsplit(model.server[0].listening_address)
        await model.close()
        return address.hostname, address.port

    address = asyncio.run(use_and_close())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5).close()
