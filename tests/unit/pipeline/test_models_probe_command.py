"""`tglc models probe`: a table, JSON, and what is kept."""

import json

import pytest

from tgl.cli.main import main
from tgl.models import ScriptedModel, share
from tgl.storage import SqliteStore
from tgl.testing import FaultyServer, Manners

PROGRAM = """
model far { provider openai; id "m"; base_url env("FAR_URL"); concurrency 2 }
role r(question) -> answer { prompt "{{ question }}" }
graph g(question) { node n : r on far
  output n }
"""


def words(request):
    return " ".join(str(int(share(request, str(place)) * 1000)) for place in range(10))


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "p.tgl"
    path.write_text(PROGRAM)
    return str(path)


def test_a_table_and_json_tell_what_was_found_and_the_store_keeps_it(program, tmp_path, monkeypatch, capsys):
    store = str(tmp_path / "s.sqlite")
    with FaultyServer(lambda: ScriptedModel("m", words), manners=Manners(max_n=4, lists=False)) as server:
        monkeypatch.setenv("FAR_URL", server.base_url)
        assert main(["models", "probe", program, "--store", store]) == 0
        heads, line = capsys.readouterr().out.splitlines()
        assert dict(zip(heads.split(), line.split()[1:], strict=True)) == {
            "chat": "yes",
            "seed": "yes",
            "several": "4",
            "logprobs": "no",
            "opening": "no",
            "schema": "no",
            "embed": "yes",
        }
        assert main(["models", "probe", program, "far", "--store", store, "--json"]) == 0
        [told] = json.loads(capsys.readouterr().out)["models"]
        assert (told["name"], told["asked"], told["max_n"], told["logprobs"]) == ("far", True, 4, False)
    with SqliteStore(tmp_path / "s.sqlite") as kept:
        [(name, text)] = kept.notes().items()
    assert name.startswith("probe:")
    assert json.loads(text)["max_n"] == 4
    assert server.base_url not in name + text


def test_a_model_that_is_none_and_a_server_that_is_away_are_told(program, tmp_path, monkeypatch, capsys):
    store = str(tmp_path / "s.sqlite")
    monkeypatch.setenv("FAR_URL", "http://127.0.0.1:9/v1")
    assert main(["models", "probe", program, "fra", "--store", store]) == 2
    assert "did you mean `far`" in capsys.readouterr().err
    assert main(["models", "probe", program, "--store", store]) == 3
    told = capsys.readouterr()
    assert "no answer" in told.out
    assert "no connection to http://127.0.0.1:9/v1" in told.err
