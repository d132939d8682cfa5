"""Small programs and the IR they lower to, in words: `corpus/lower/*.tgl` beside `*.txt`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tgl.ir import ProgramIR
from tgl.semantics import NO_FILES, InternalError, MemoryLoader, check, lower, verify
from tgl.semantics.lowering.nodes import Maker
from tgl.semantics.problems import Abandon
from tgl.syntax import ast
from tgl.text import SourceFile

TESTS = Path(__file__).parents[2]
PROGRAMS = sorted((TESTS / "corpus" / "lower").glob("*.tgl"))
LOCAL = sorted((TESTS / "corpus" / "resolve").glob("*/program.tgl"))

spec = importlib.util.spec_from_file_location("semantics_reading", Path(__file__).parent / "reading.py")
assert spec is not None
assert spec.loader is not None
reading = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reading)

MODELS = 'model smol { provider local; weights "s" }\nmodel gemma { provider local; weights "g" }\n'
ROLE = 'role r(question) -> answer { prompt "{{ question }}" }\n'
GRAPH = "graph {}(question) {{\n  node a : r on smol\n  output a\n}}\n"
TASK = """task {} {{
  data "d.jsonl"; split train: 1, select: 2, test: 3; given question; expect answer; key number
}}
"""


def lowered(text: str, **names: str) -> ProgramIR:
    checked = check(SourceFile("p.tgl", text), NO_FILES)
    assert checked.problems == ()
    ir = lower(checked, **names).ir
    assert ir is not None
    return ir


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_lowers_to_what_stands_beside_it(path):
    checked = check(SourceFile(path.name, path.read_text()), NO_FILES)
    assert {problem.code for problem in checked.problems} <= {"W0504"}  # small votes keep the texts short
    found = lower(checked, graph="solve")
    assert found.ir is not None
    assert verify(found.ir) == []
    assert reading.summary(found.ir) == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize("path", LOCAL, ids=lambda path: path.parent.name)
def test_lowering_is_the_same_each_time_and_holds_what_verify_asks(path):
    folder = {other.name: other.read_text() for other in path.parent.glob("*.tgl")}
    checked = check(SourceFile(path.name, folder[path.name]), MemoryLoader(folder))
    graph = next((d.graph for d in checked.module.decls if isinstance(d, ast.Optimize)), "solve")
    first, second = lower(checked, graph=graph), lower(checked, graph=graph)
    assert first.ir is not None
    assert first.ir == second.ir
    assert verify(first.ir) == []
    assert ProgramIR.model_validate_json(first.ir.model_dump_json()) == first.ir


def test_places_of_choices_are_the_tilde_expressions():
    for path in PROGRAMS:
        text = path.read_text()
        ir = lower(check(SourceFile(path.name, text), NO_FILES), graph="solve").ir
        assert ir is not None
        for point in ir.choices:
            assert point.place.source == path.name
            written = text[point.place.start : point.place.end]
            assert written.startswith("~"), point.address
            assert written.count("\n") == 0


def test_every_mark_of_choice_in_use_becomes_a_choice_point():
    for path in PROGRAMS:
        text = path.read_text()
        ir = lower(check(SourceFile(path.name, text), NO_FILES), graph="solve").ir
        assert ir is not None
        assert len({point.place.start for point in ir.choices}) == text.count("~")


@pytest.mark.parametrize(
    ("graphs", "named", "chosen"),
    [
        (("g",), None, "g"),
        (("g", "h"), "h", "h"),
    ],
)
def test_the_graph_that_is_named_or_the_only_one_is_lowered(graphs, named, chosen):
    text = MODELS + ROLE + "".join(GRAPH.format(name) for name in graphs)
    found = lower(check(SourceFile("p.tgl", text), NO_FILES), graph=named)
    assert found.ir is not None
    assert found.ir.graph.name == chosen


@pytest.mark.parametrize(("graphs", "named"), [((), None), (("g", "h"), None), (("g",), "h")])
def test_without_a_clear_graph_there_is_a_reason(graphs, named):
    text = MODELS + ROLE + "".join(GRAPH.format(name) for name in graphs)
    found = lower(check(SourceFile("p.tgl", text), NO_FILES), graph=named)
    assert found.ir is None
    assert [problem.code for problem in found.problems] == ["E0510"]


@pytest.mark.parametrize(("named", "calls"), [("g", 3), ("h", 9), (None, None)])
def test_one_of_several_goals_is_named(named, calls):
    text = (
        (MODELS + ROLE + GRAPH.format("g") + GRAPH.format("h") + TASK.format("t"))
        + "optimize g on t { maximize accuracy; spend calls <= 3 }\n"
        + "optimize h on t { maximize accuracy; spend calls <= 9 }\n"
    )
    found = lower(check(SourceFile("p.tgl", text), NO_FILES), graph=named)
    if named is None:
        assert [problem.code for problem in found.problems] == ["E0510"]
    else:
        assert found.ir is not None
        assert found.ir.optimize is not None
        assert (found.ir.graph.name, found.ir.optimize.spend_calls) == (named, calls)


def test_the_optimize_block_names_graph_and_task():
    text = (
        (MODELS + ROLE + GRAPH.format("g") + GRAPH.format("h") + TASK.format("t") + TASK.format("u"))
        + "optimize h on u { maximize accuracy; limit cost(mean) <= 6 units; limit latency(p95) <= 200ms\n"
        + "seed 7 }\n"
    )
    ir = lowered(text)
    assert ir.graph.name == "h"
    assert ir.task is not None
    assert (ir.task.name, ir.task.train, ir.task.select, ir.task.test) == ("u", 1, 2, 3)
    assert ir.task.key.kind == "number"
    assert ir.optimize is not None
    assert [(one.what, one.stat, one.value, one.unit) for one in ir.optimize.limits] == [
        ("cost", "mean", 6.0, "units"),
        ("latency", "p95", 0.2, "s"),
    ]
    assert ir.optimize.seed == 7
    assert ir.optimize.method == "reinforce"


def test_a_measured_program_names_graph_and_task_and_keeps_its_figures():
    text = MODELS + ROLE + GRAPH.format("g") + GRAPH.format("h") + TASK.format("t")
    text += "measured h on t { accuracy 0.6, ci: [0.5, 0.7], n: 200; anything goes: here }\n"
    checked = check(SourceFile("p.tgl", text), NO_FILES)
    assert checked.ok
    assert [block.graph for block in checked.measured] == ["h"]
    ir = lower(checked).ir
    assert ir is not None
    assert ir.graph.name == "h"
    assert ir.task is not None


def test_a_task_can_be_named_for_a_graph():
    text = MODELS + ROLE + GRAPH.format("g") + TASK.format("t")
    assert lowered(text).task is None
    assert lowered(text, task="t").task is not None
    found = lower(check(SourceFile("p.tgl", text), NO_FILES), task="tt")
    assert [problem.code for problem in found.problems] == ["E0203"]


def test_the_facts_of_models_are_read():
    text = """
      model m {
        provider openai
        id "big-1"; revision "2"
        base_url env("URL"); api_key env("KEY")
        params 70B; layers 80; hidden 8192
        price prompt: $0.15/Mtok, completion: $0.60/Mtok
        zone cloud; concurrency 8; timeout 30s; without temperature, stop; context 4k
      }
      role r(question) -> answer { prompt "{{ question }}" }
      graph g(question) {
        node a : r on m
        output a
      }
    """
    (model,) = lowered(text).models
    assert model.model_dump(exclude_none=True, exclude_defaults=True) == {
        "name": "m",
        "provider": "openai",
        "id": "big-1",
        "revision": "2",
        "base_url_env": "URL",
        "api_key_env": "KEY",
        "params": 70e9,
        "layers": 80,
        "hidden": 8192,
        "prompt_price": pytest.approx(0.15e-6),
        "completion_price": pytest.approx(0.6e-6),
        "zone": "cloud",
        "concurrency": 8,
        "timeout": 30.0,
        "without": ("temperature", "stop"),
        "settings": (("context", "4000"),),
    }


def test_the_facts_of_a_role_are_read():
    text = """
      model m { provider local; weights "w" }
      role r(question, drafts: list?) -> number(-1..10) after "Score:" {
        param style = "short"
        prompt "{{ question }}{{ drafts }}{{ style }}"
        stop "\\n", "END"
        shots 2, from: "s.jsonl", match: kind
        retry 1
      }
      graph g(question) {
        node a : r(retry: 3, style: "long") on m
        output a
      }
    """
    (alternative,) = lowered(text).graph.nodes[0].alternatives
    assert alternative.reader is not None
    assert alternative.reader.model_dump() == {
        "kind": "number",
        "after": "Score:",
        "low": -1.0,
        "high": 10.0,
        "options": (),
    }
    fields = {name: reading.shown(value) for name, value in alternative.fields}
    assert fields["stop"] == "['\\n', 'END']"
    assert (fields["retry"], fields["shots"], fields["style"]) == ("3", "2", "'long'")
    assert alternative.params == ("style",)
    assert alternative.shots is not None
    assert (alternative.shots.path, alternative.shots.match) == ("s.jsonl", "kind")
    assert [(port.name, port.type, port.optional) for port in alternative.ports] == [
        ("question", "text", False),
        ("drafts", "list", True),
    ]


def test_an_imported_role_lowers_under_its_own_name():
    files = {
        "p.tgl": (
            'use "./lib.tgl" { warm as hot, m }\ngraph g(question) {\n  node a : hot on m\n  output a\n}\n'
        ),
        "lib.tgl": (
            'model m { provider local; weights "w" }\n'
            'role warm(question) -> answer { prompt "{{ question }}"; temperature ~0.1..0.9 }\n'
        ),
    }
    ir = lower(check(SourceFile("p.tgl", files["p.tgl"]), MemoryLoader(files))).ir
    assert ir is not None
    assert [point.address for point in ir.choices] == ["warm.temperature"]
    assert ir.choices[0].place.source == "lib.tgl"
    assert ir.graph.nodes[0].alternatives[0].key == "warm"


@pytest.mark.parametrize(
    "nodes", ["node a[512, 512, 512] : r on smol", "node b : r on smol\n  node a[500, 300] : r on smol"]
)
def test_more_nodes_than_can_be_handled_are_refused_before_they_are_made(nodes, monkeypatch):
    made, make = [], Maker.node
    monkeypatch.setattr(Maker, "node", lambda *given: made.append(given) or make(*given))
    text = MODELS + ROLE + "use std.reduce { majority }\n"
    text += f"graph g(question) {{\n  {nodes}\n  output majority(a)\n}}\n"
    found = [problem.code for problem in check(SourceFile("p.tgl", text), NO_FILES).problems]
    assert (found, len(made) <= 1) == (["E0515"], True)


@pytest.mark.parametrize("upwards", [True, False])
def test_templates_that_double_are_refused_once_and_not_made_again_for_each_that_nests_them(
    upwards, monkeypatch
):
    made, make = [], Maker.node
    monkeypatch.setattr(Maker, "node", lambda *given: made.append(1) or make(*given))
    monkeypatch.setattr("tgl.semantics.lowering.state.MOST_NODES", 3000)
    monkeypatch.setattr("tgl.semantics.checking.MOST_NODES", 3000)
    doubled = [
        f"graph g{n}(question) {{\n  node a : g{n - 1}\n  node b : g{n - 1}\n  output first(a, b)\n}}\n"
        for n in range(1, 24)
    ]
    text = MODELS + ROLE + "use std.reduce { first }\ngraph g0(question) {\n  node a : r\n  output a\n}\n"
    text += "".join(doubled if upwards else reversed(doubled))
    text += "graph wrong(question) {\n  node a : nothing on smol\n  output a\n}\n"
    found = [problem.code for problem in check(SourceFile("p.tgl", text), NO_FILES).problems]
    assert (found, len(made) < 50_000) == (["E0515", "E0203"], True)


def nested(name: str) -> str:
    text = f"graph {name}0(question) {{\n  node a : r\n  output a\n}}\n"
    for n in range(1, 27):
        text += f"graph {name}{n}(question) {{\n  node a : {name}{n - 1}\n  output a\n}}\n"
    return text


TOP = "graph top(question) {\n  node a : x26 on smol\n  node b : y26 on smol\n  output first(a, b)\n}\n"


def led(name: str) -> str:
    return "".join(f"let {name}{n} = {name}{n + 1} + 1\n" for n in range(3000)) + f"let {name}3000 = 1\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (nested("x"), "x"),
        (nested("x") + nested("y"), "xy"),
        (nested("x") + nested("y") + TOP, "xy"),
        (TOP + "optimize top on t { maximize accuracy }\n" + nested("y") + nested("x"), "yx"),
        (led("x"), "x"),
        ("let z = y0\n" + led("x") + led("y") + "let a = x0 + y0\n", "zx"),
    ],
    ids=["one", "two", "nested in one", "searched", "lets", "more lets"],
)
def test_what_leads_through_too_many_others_is_told_once_for_each_chain(text, names):
    found = check(SourceFile("p.tgl", MODELS + ROLE + "use std.reduce { first }\n" + text), NO_FILES).problems
    deep = [problem.message.split("`")[1] for problem in found if problem.code == "E0518"]
    assert [name[0] for name in deep] == [*names]


def test_a_chain_of_thousands_of_calls_has_no_problem():
    size, parts = 500, 21
    lines = [f"  node s{k}[{size}] : r(question: s{k - 1}[{size}]) on smol" for k in range(1, parts)]
    lines.insert(0, f"  node s0[{size}] : r on smol")
    text = (
        MODELS + ROLE + "graph g(question) {\n" + "\n".join(lines) + f"\n  output s{parts - 1}[{size}]\n}}\n"
    )
    assert check(SourceFile("p.tgl", text), NO_FILES).problems == ()


def test_a_graph_that_vanishes_without_a_reason_is_a_bug_that_is_told(monkeypatch):
    checked = check(SourceFile("p.tgl", MODELS + ROLE + GRAPH.format("g")), NO_FILES)

    def vanish(*_: object) -> None:
        raise Abandon

    monkeypatch.setattr("tgl.semantics.parts.lower_instance", vanish)
    with pytest.raises(InternalError, match="graph `g` checked clean and has no IR"):
        lower(checked)


def doubling(levels: int, uses: str = "node a : g{below}\n  node b : g{below}") -> str:
    text = MODELS + ROLE + "use std.reduce { first }\ngraph g0(question) {\n  node a : r\n  output a\n}\n"
    for level in range(1, levels + 1):
        body = uses.format(below=level - 1)
        text += f"graph g{level}(question) {{\n  {body}\n  output first(a)\n}}\n"
    return text


@pytest.mark.parametrize(
    ("levels", "uses", "way"),
    [
        (40, "node a : g{below}\n  node b : g{below}", "2 × `g12`, each 2 × `g11`"),
        (9, "node a[~1..4] : g{below}", "4 × `g6`, each 4 × `g5`"),
        (12, "loop l[3] {{\n    node x : g{below}\n  }}\n  node a : r", "3 × `g8`, each 3 × `g7`"),
        (20, "node a : ~[g{below}, r]\n  node b : ~[r, g{below}]", "2 × `g12`, each 2 × `g11`"),
    ],
)
def test_what_templates_multiply_to_is_counted_before_one_of_them_is_made(levels, uses, way, monkeypatch):
    made, make = [], Maker.node
    monkeypatch.setattr(Maker, "node", lambda *given: made.append(1) or make(*given))
    for module in ("checking", "parts"):
        monkeypatch.setattr(f"tgl.semantics.{module}.MOST_AFTER", 20)
    checked = check(SourceFile("p.tgl", doubling(levels, uses)), NO_FILES)
    [problem] = [problem for problem in checked.problems if problem.code == "E0515"]
    assert way in problem.message
    assert len(made) < 2_000


@pytest.mark.parametrize("uses", ["node a[2] : [g{below}, r]", "node a : g{below}"])
def test_templates_that_do_not_multiply_are_not_refused(uses):
    checked = check(SourceFile("p.tgl", doubling(16, uses)), NO_FILES)
    assert [problem.code for problem in checked.problems if problem.code[0] == "E"] == []
