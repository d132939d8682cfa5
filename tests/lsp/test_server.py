"""The language server as an editor has it: a real process, driven over its pipes."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from tgl.pipeline.checking import check_file
from tgl.version import VERSION

SPEC = importlib.util.spec_from_file_location("lsp_client", Path(__file__).with_name("client.py"))
assert SPEC is not None
assert SPEC.loader is not None
client_module = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(client_module)
Client, Failed = client_module.Client, client_module.Failed

COMMON = """\
## A model for tests.
model smol { provider local; weights "smollm2-135m-instruct"; params 135M }
model gemma { provider local; weights "gemma-3-270m"; params 270M }
pool small = [smol, gemma]
"""
MAIN = """\
use "./common.tgl" { small, smol }
use std.reduce { majority }

## Answers at once.
role quick(question) -> answer { prompt "{{ question }} 🙂 {{ question }}" }

graph solve(question) {
  node worker[~1..3] : quick on ~small
  node final : majority
  edge worker -> final
  output final
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lsp")
    (made / "common.tgl").write_text(COMMON, encoding="utf-8")
    (made / "main.tgl").write_text(MAIN, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[object]:
    made = Client(folder)
    yield made
    assert made.close() == 0


@pytest.fixture
def uri(client: Client, folder: Path) -> Iterator[str]:
    made = client.open(folder / "main.tgl")
    assert client.diagnostics(made) == []
    yield made
    client.tell("textDocument/didClose", textDocument={"uri": made})


def place(text: str, word: str, nth: int = 0) -> tuple[int, int]:
    """Line and UTF-16 column of an occurrence of a word."""
    at = -1
    for _ in range(nth + 1):
        at = text.index(word, at + 1)
    before = text[:at]
    line_start = before.rfind("\n") + 1
    return before.count("\n"), len(text[line_start:at].encode("utf-16-le")) // 2


def test_the_server_says_which_version_it_is(client: Client) -> None:
    assert client.info["serverInfo"] == {"name": "tglc", "version": VERSION}


def test_diagnostics_follow_what_is_typed(client: Client, uri: str) -> None:
    client.change(uri, MAIN.replace("output final", "output finl"))
    (found,) = client.diagnostics(uri)
    line, column = place(MAIN, "final", 2)
    assert (found["code"], found["severity"]) == ("E0203", 1)
    assert found["range"]["start"] == {"line": line, "character": column}
    assert "did you mean `final`?" in found["message"]
    client.change(uri, MAIN)
    assert client.diagnostics(uri) == []


def test_the_second_look_is_that_of_tglc_check(client: Client, folder: Path, uri: str) -> None:
    """A role with another name breaks the graph that uses it, which only the second look tells."""
    text = MAIN.replace("role quick", "role slow")
    (folder / "slow.tgl").write_text(text, encoding="utf-8")
    expected = [entry.code for entry in check_file(str(folder / "slow.tgl")).diagnostics]
    assert expected
    client.change(uri, text)
    client.diagnostics(uri)
    assert [entry["code"] for entry in client.diagnostics(uri)] == expected


def test_a_broken_file_keeps_its_symbols_and_other_problems(client: Client, uri: str) -> None:
    text = MAIN.replace("node final : majority", "node final :").replace("on ~small", "on ~smal")
    client.change(uri, text)
    assert {entry["code"] for entry in client.diagnostics(uri)} >= {"E0203"}
    symbols = client.ask("textDocument/documentSymbol", textDocument={"uri": uri})
    (graph,) = [entry for entry in symbols if entry["name"] == "solve"]
    assert [entry["name"] for entry in graph["children"]][:2] == ["question", "worker"]


def test_hover_tells_form_bound_prior_and_comment(client: Client, uri: str) -> None:
    role = client.at("hover", uri, *place(MAIN, "quick", 1))["contents"]["value"]
    assert "role quick(question) -> answer" in role
    assert "Answers at once." in role
    node = client.at("hover", uri, *place(MAIN, "worker"))["contents"]["value"]
    assert "at most 3 replicas" in node
    assert "`smol` 50 %" in node
    imported = client.at("hover", uri, *place(MAIN, "majority", 1))["contents"]["value"]
    assert "from `std/reduce.tgl`" in imported


def test_completion_offers_what_fits(client: Client, uri: str) -> None:
    def labels(word: str, nth: int = 0) -> list[str]:
        return [entry["label"] for entry in client.at("completion", uri, *place(MAIN, word, nth))]

    assert {"small", "smol"} <= set(labels("small", 1))
    assert "quick" not in labels("small", 1)
    assert "worker" in labels("final", 2)
    assert "reduce" in labels("reduce")
    assert "majority" in labels("majority")
    assert "node" in labels("node")
    assert "temperature" in labels("prompt")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ('data "quiz.parquet", format: ', {"jsonl", "parquet", "mmlu"}),
        ("key text, match: ", {"normalised"}),
        ("key ", {"code", "json", "set"}),
        ("metric ", {"f1", "pass"}),
        ("metric closeness, better: lo", {"lower"}),
    ],
)
def test_completion_knows_the_words_of_a_task(
    client: Client, folder: Path, line: str, offered: set[str]
) -> None:
    text = f"task quiz {{\n  {line}\n}}\n"
    uri = client.open(folder / "task.tgl", text)
    found = {entry["label"] for entry in client.at("completion", uri, 1, 2 + len(line))}
    client.tell("textDocument/didClose", textDocument={"uri": uri})
    assert offered <= found
    assert ":" not in line or not {"small", "majority", "and"} & found


def test_definition_and_references_lead_to_other_files(client: Client, folder: Path, uri: str) -> None:
    found = client.at("definition", uri, *place(MAIN, "small", 1))
    assert found["uri"] == (folder / "common.tgl").as_uri()
    assert found["range"]["start"] == dict(zip(("line", "character"), place(COMMON, "small"), strict=True))
    context = {"includeDeclaration": True}
    places = client.at("references", uri, *place(MAIN, "small", 1), context=context)
    assert sorted(entry["uri"].rsplit("/", 1)[1] for entry in places) == [
        *["common.tgl"],
        *["main.tgl"] * 2,
        *["slow.tgl"] * (len(places) - 3),
    ]


def test_rename_reaches_prompts_and_other_files(client: Client, folder: Path, uri: str) -> None:
    found = client.at("rename", uri, *place(MAIN, "small", 1), newName="tiny")["changes"]
    assert {(folder / "common.tgl").as_uri(), uri} <= set(found)
    lines = place(MAIN, "quick")
    changes = client.at("rename", uri, *lines, newName="fast")["changes"][uri]
    assert [change["newText"] for change in changes] == ["fast", "fast"]


def test_a_port_is_renamed_behind_an_emoji(client: Client, uri: str) -> None:
    """Columns are UTF-16 units: the second `question` of the prompt stands behind a character of two."""
    found = client.at("prepareRename", uri, *place(MAIN, "question", 2))
    line, column = place(MAIN, "question", 2)
    assert found["start"] == {"line": line, "character": column}
    assert found["end"] == {"line": line, "character": column + len("question")}


@pytest.mark.parametrize(
    ("word", "nth", "new", "reason"),
    [
        ("worker", 0, "final", "declared twice"),
        ("worker", 0, "graph", "a word of the language"),
        ("worker", 0, "a b", "is no name"),
        ("quick", 0, "solve", "declared twice"),
        ("majority", 1, "vote", "standard library"),
        ("question", 0, "asked", "would change the program"),
    ],
)
def test_a_name_that_would_do_harm_is_refused(
    client: Client, uri: str, word: str, nth: int, new: str, reason: str
) -> None:
    with pytest.raises(Failed, match=reason):
        client.at("rename", uri, *place(MAIN, word, nth), newName=new)


def test_formatting_is_that_of_tglc_fmt(client: Client, uri: str) -> None:
    client.change(uri, MAIN.replace("  node worker[~1..3] :", "node   worker[~1..3]:"))
    options = {"tabSize": 4, "insertSpaces": True}
    (edit,) = client.ask("textDocument/formatting", textDocument={"uri": uri}, options=options)
    assert "\n  node worker[~1..3] : quick on ~small\n" in edit["newText"]


def test_hints_tell_the_options(client: Client, uri: str) -> None:
    area = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    found = client.ask("textDocument/inlayHint", textDocument={"uri": uri}, range=area)
    assert [hint["label"] for hint in found] == ["3 options, 33.3 % each", "2 options, 50 % each"]


def actions(client: Client, uri: str, at: tuple[int, int]) -> dict[str, str]:
    """The new texts of the actions at a place, by title."""
    here = {"line": at[0], "character": at[1]}
    found = client.ask(
        "textDocument/codeAction",
        textDocument={"uri": uri},
        range={"start": here, "end": here},
        context={"diagnostics": []},
    )
    return {entry["title"]: entry["edit"]["changes"][uri][0]["newText"] for entry in found}


def test_actions_fix_open_and_freeze(client: Client, uri: str) -> None:
    # `gemma` is in the pool, but this file does not import it.
    assert actions(client, uri, place(MAIN, "~small")) == {"Freeze this choice to smol": "smol"}
    client.change(uri, MAIN.replace("on ~small", "on smol").replace("output final", "output finl"))
    text = MAIN.replace("on ~small", "on smol")
    assert actions(client, uri, place(text, "smol", 1)) == {"Open as a choice: ~small": "~small"}
    assert actions(client, uri, place(text, "final", 2)) == {"write `final`": "final"}


def test_a_document_that_is_not_open_is_an_answer_not_a_crash(client: Client) -> None:
    with pytest.raises(Failed, match="not open"):
        client.at("hover", "file:///nowhere.tgl", 0, 0)
    assert (
        client.ask(
            "textDocument/codeAction",
            textDocument={"uri": "file:///nowhere.tgl"},
            range={"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
            context={"diagnostics": []},
        )
        == []
    )


@pytest.mark.parametrize(
    ("text", "sign", "offered"),
    [
        ("## Adds.|", ".", None),
        ("# see |", None, None),
        ('role r(q) -> a {\n  prompt """\n  Answer.|', ".", None),
        ('role r(q) -> a { prompt "a # b {{ |', "{", "q"),
        ('role r(q) -> a {\n  prompt """\n  A "b" {{ |', "{", "q"),
        ("role r(q) -> a {|", "{", None),
        ("role r(q) -> a { |", None, "prompt"),
        ("graph g(q) {\n  node a if 0.|", ".", None),
        ("use std.|", ".", "reduce"),
        ("use std.reduce {|", "{", "majority"),
        ('model m { weights "|', '"', "gemma-3-270m"),
        ('model m { provider "|', '"', None),
        ('model m { weights ""|', '"', None),
    ],
)
def test_completion_offers_nothing_where_a_person_writes_words(
    client: Client, folder: Path, text: str, sign: str | None, offered: str | None
) -> None:
    """An editor asks by itself behind some signs; a list that is open then takes the next Enter."""
    before, after = text.split("|")
    uri = client.open(folder / "typed.tgl", before + after)
    at = (before.count("\n"), len(before.rpartition("\n")[2]))
    context = {"triggerKind": 2, "triggerCharacter": sign} if sign else {"triggerKind": 1}
    found = {entry["label"] for entry in client.at("completion", uri, *at, context=context)}
    client.tell("textDocument/didClose", textDocument={"uri": uri})
    assert (offered in found) if offered else not found


def test_names_of_other_files_are_shown_as_one_would_write_them(
    client: Client, folder: Path, uri: str
) -> None:
    found = client.at("completion", uri, *place(MAIN, "quick", 1), context={"triggerKind": 1})
    details = {entry["label"]: entry["detail"] for entry in found}
    assert (details["small"], details["quick"]) == ("pool common.tgl", "role")
    assert "from `common.tgl`" in client.at("hover", uri, *place(MAIN, "small", 1))["contents"]["value"]


def test_columns_are_utf_16_units_whatever_a_client_prefers(folder: Path) -> None:
    client = Client(folder, {"general": {"positionEncodings": ["utf-8", "utf-32", "utf-16"]}})
    assert client.info["capabilities"]["positionEncoding"] == "utf-16"
    uri = client.open(folder / "main.tgl")
    found = client.at("prepareRename", uri, *place(MAIN, "question", 2))
    assert found["start"]["character"] == place(MAIN, "question", 2)[1]
    assert client.close() == 0


def test_a_folder_that_joins_or_leaves_is_heeded_by_rename(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "joined.tgl").write_text(f'use "{folder / "common.tgl"}" {{ smol }}\n', encoding="utf-8")
    client = Client(folder)
    uri = client.open(folder / "main.tgl")
    joined = {"uri": tmp_path.as_uri(), "name": "joined"}
    seen: list[bool] = []
    for added, removed in (([], []), ([joined], []), ([], [joined])):
        client.tell("workspace/didChangeWorkspaceFolders", event={"added": added, "removed": removed})
        changes = client.at("rename", uri, *place(MAIN, "smol"), newName="little")["changes"]
        seen.append((tmp_path / "joined.tgl").as_uri() in changes)
    assert client.close() == 0
    assert seen == [False, True, False]


def test_a_client_that_names_only_one_root_has_its_files_renamed(folder: Path) -> None:
    client = Client(folder, folders=False)
    uri = client.open(folder / "common.tgl")
    changes = client.at("rename", uri, *place(COMMON, "pool small"[5:], 0), newName="tiny")["changes"]
    assert (folder / "main.tgl").as_uri() in changes
    assert client.close() == 0


def test_typing_checks_the_documents_that_use_it_and_no_others(folder: Path) -> None:
    (folder / "apart.tgl").write_text("let x = y\n", encoding="utf-8")
    client = Client(folder)
    uris = [client.open(folder / name) for name in ("apart.tgl", "main.tgl", "common.tgl")]
    for uri in uris:
        client.diagnostics(uri)
    client.change(uris[2], COMMON.replace("pool small", "pool tiny"))
    while not (found := client.diagnostics(uris[1])):
        pass  # of the look that the opening of common.tgl led to
    assert found[0]["code"] == "E0206"
    client.kept.clear()
    client.tell("textDocument/didClose", textDocument={"uri": uris[2]})
    assert client.diagnostics(uris[1]) == []
    told = [message["params"]["uri"] for message in client.kept if "uri" in message.get("params", {})]
    assert uris[0] not in told
    assert client.close() == 0


def test_what_comes_in_one_write_is_taken_in_its_order(folder: Path) -> None:
    """A question right behind an opening or a keystroke is about the text that these brought."""
    client = Client(folder)
    document = {"uri": (folder / "fast.tgl").as_uri(), "version": 1, "languageId": "tgl", "text": COMMON}
    symbols = {"textDocument": {"uri": document["uri"]}}
    changed = {
        "textDocument": {"uri": document["uri"], "version": 2},
        "contentChanges": [{"text": "let x = 1\n"}],
    }
    client.send_together(
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
        {"id": "first", "method": "textDocument/documentSymbol", "params": symbols},
        {"method": "textDocument/didChange", "params": changed},
        {"id": "second", "method": "textDocument/documentSymbol", "params": symbols},
    )
    answers: dict[str, list[str]] = {}
    while len(answers) < 2:
        message = client.next()
        if message.get("id") in ("first", "second"):
            assert "error" not in message, message
            answers[message["id"]] = [entry["name"] for entry in message["result"]]
    assert client.close() == 0
    assert answers == {"first": ["smol", "gemma", "small"], "second": ["x"]}
