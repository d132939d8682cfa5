import pytest

from tgl.ir import CallNode, PortSpec, Reader, ShotsSource
from tgl.models import Role
from tgl.runtime import PromptError, Prompts, ShotsTable, canonical_messages

PORTS = (
    PortSpec(name="question", type="text"),
    PortSpec(name="drafts", type="list", optional=True),
    PortSpec(name="hint", type="text", optional=True),
)
TABLE = ShotsTable(
    rows=(
        {"question": "1 + 1", "kind": "sum", "answer": 2},
        {"question": "cat", "kind": "word", "answer": "chat", "drafts": ["le chat", 3.0]},
        {"question": "2 + 2", "kind": "sum", "answer": 4.0},
        {"question": "dog", "kind": "word", "answer": "chien"},
    ),
    expect="answer",
)


def node(prompt: str, **changes: object) -> CallNode:
    fields: dict[str, object] = {
        "id": "solve.worker",
        "role": "assistant",
        "model": "smol",
        "prompt": prompt,
        "system": None,
        "ports": PORTS,
        "inputs": (),
        "params": (),
        "reader": Reader(kind="text"),
        "shots": 0,
        "shots_source": None,
        "temperature": 0.7,
        "top_p": None,
        "max_tokens": None,
        "stop": (),
        "retry": 0,
        "guard": None,
        "draw": 0,
    }
    return CallNode.model_validate(fields | changes)


def said(
    prompt: str, ports: dict, given: dict | None = None, instruction: str = "", **changes: object
) -> list[str]:
    prompts = Prompts(instruction=instruction, shots={"shots.jsonl": TABLE})
    rendered = prompts.form(node(prompt, **changes)).render(ports, given or {})
    assert rendered.canonical == canonical_messages(rendered.messages)
    return [f"{message.role.value}: {message.content}" for message in rendered.messages]


ASSISTANT = """
    {{ question }}
    {% for d in drafts %}
    Attempt {{ loop.index }}: {{ d }}
    {% endfor %}
    {{ hint }}
    {{ format }}
"""


@pytest.mark.parametrize(
    ("prompt", "ports", "changes", "text"),
    [
        (ASSISTANT, {"question": "2+2"}, {}, "2+2"),
        (ASSISTANT, {"question": "q", "drafts": ("a\nb  ", "c")}, {}, "q\nAttempt 1: a\nb\nAttempt 2: c"),
        (
            ASSISTANT,
            {"question": "q", "hint": "h"},
            {"instruction": "Answer briefly.  "},
            "q\nh\nAnswer briefly.",
        ),
        ("{{ question }}\n\n  indented \n", {"question": "q"}, {}, "q\n\n  indented"),
        ("{{ style }} {{ n + 1 }}", {}, {"params": (("style", "terse"), ("n", 2))}, "terse 3"),
        ("{% if hint %}yes{% else %}no{% endif %}", {}, {}, "no"),
        ("{{ drafts | length }} {{ question | upper }}", {"question": "q"}, {}, "0 Q"),
        ("<b>{{ question }}</b>", {"question": "<&>"}, {}, "<b><&></b>"),
    ],
)
def test_rendering(prompt, ports, changes, text):
    assert said(prompt, ports, **changes) == [f"user: {text}"]


def test_a_system_text_comes_first_unless_it_is_empty():
    assert said("{{ question }}", {"question": "q"}, system="You know {{ hint }}.")[0] == "system: You know ."
    assert said("{{ question }}", {"question": "q"}, system="{{ hint }}") == ["user: q"]


def test_shots_are_turns_before_the_question():
    source = ShotsSource(path="shots.jsonl")
    assert said("{{ question }} =", {"question": "q", "drafts": ("x",)}, shots=3, shots_source=source) == [
        "user: 1 + 1 =",
        "assistant: 2",
        "user: cat =",
        "assistant: chat",
        "user: 2 + 2 =",
        "assistant: 4",
        "user: q =",
    ]


def test_shots_show_their_own_fields_never_the_examples():
    source = ShotsSource(path="shots.jsonl", match="kind")
    prompt = "{{ question }} {{ drafts | join('|') }} {{ hint }}"
    ports = {"question": "q", "drafts": ("secret",), "hint": "secret"}
    assert said(prompt, ports, {"kind": "word"}, shots=2, shots_source=source) == [
        "user: cat le chat|3",
        "assistant: chat",
        "user: dog",
        "assistant: chien",
        "user: q secret secret",
    ]


@pytest.mark.parametrize(
    ("given", "count", "turns"),
    [
        ({"kind": "sum"}, 1, 1),
        ({"kind": "sum"}, 9, 2),
        ({"kind": "other"}, 2, 0),
        ({}, 2, 0),
        ({"kind": "word"}, 0, 0),
    ],
)
def test_as_many_matching_shots_as_there_are(given, count, turns):
    source = ShotsSource(path="shots.jsonl", match="kind")
    assert (
        len(said("{{ question }}", {"question": "q"}, given, shots=count, shots_source=source))
        == 2 * turns + 1
    )


def test_shots_that_were_not_loaded_are_the_callers_fault():
    with pytest.raises(ValueError, match=r"other\.jsonl"):
        Prompts().form(node("x", shots=1, shots_source=ShotsSource(path="other.jsonl")))


def test_the_system_text_and_the_question_see_different_examples_after_one_another():
    form = Prompts(shots={"s": TABLE}).form(
        node("{{ question }}", shots=1, shots_source=ShotsSource(path="s", match="kind"))
    )
    texts = [
        form.render({"question": "q"}, {"kind": kind}).messages[0].content for kind in ("sum", "word", "sum")
    ]
    assert texts == ["1 + 1", "cat", "1 + 1"]


@pytest.mark.parametrize(
    "prompt",
    [
        "{{ question.__class__ }}",
        "{{ question.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ question['__class__'] }}",
        "{{ question | attr('__class__') }}",
        "{{ '{0.__class__}'.format(question) }}",
        "{{ drafts.__len__() }}",
        "{{ self.__init__.__globals__ }}",
        "{{ lipsum() }}",
        "{{ lipsum.__globals__ }}",
        "{{ cycler.__init__ }}",
        "{{ drafts | random }}",
        "{% include 'passwd' %}",
        "{% import 'os' as os %}",
        "{{ 'x' * 10000000 }}",
        "{{ 10 ** 10000 }}",
        "{{ '%99999999d' % 1 }}",
        "{{ range(100000000) | list }}",
        "{{ unknown }}",
        "{{ question }",
        "{% for %}",
        "{{ 1 / 0 }}",
        "{{ question + 1 }}",
        "{{ drafts[3] }}",
        "{{ 'a' | nosuchfilter }}",
    ],
)
def test_what_a_prompt_cannot_do(prompt):
    with pytest.raises(PromptError, match="prompt"):
        said(prompt, {"question": "q", "drafts": ("a",)})


def test_equal_inputs_give_the_same_messages_and_other_inputs_others():
    prompts = Prompts()
    first, same, other = (
        prompts.form(node(text, id=name))
        for text, name in [("{{ question }}", "a"), ("{{ question }}", "b"), ("{{ question }}!", "a")]
    )
    assert first.render({"question": "q"}, {}) is same.render({"question": "q"}, {})
    assert other.render({"question": "q"}, {}).messages[0].content == "q!"
    assert first.render({"question": "q", "drafts": ("q",)}, {}).messages[0].role is Role.USER


@pytest.mark.parametrize("values", [(1, True), (True, 1), (1, 1.5), (0.0, False)])
def test_parameters_that_are_equal_but_not_the_same_are_shown_as_they_are(values: tuple[object, object]):
    prompts = Prompts()
    shown = [
        prompts.form(node("{{ n }}", params=(("n", value),))).render({}, {}).messages[0].content
        for value in values
    ]
    assert shown == [str(value) for value in values]
