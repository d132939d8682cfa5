"""The process in which a user's Python functions run. A script of its own: it imports nothing of tglc.

Requests and answers are JSON, one a line. What a function prints goes to standard error, and what it reads
from standard input is empty: neither can reach the wire.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any


def one_line(error: BaseException) -> str:
    """The class and the first line of an error."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def place(error: BaseException) -> str:
    """File and line of the innermost frame that is the user's."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_theirs(frame.filename)]
    return f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""


def is_theirs(file: str) -> bool:
    """Whether a frame's file is neither this one nor of the machinery of imports."""
    return file != __file__ and not file.startswith("<frozen") and "importlib" not in file


def found(target: str) -> Callable[..., Any]:
    """The function that `package.module:name` names."""
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name, None)
    if not callable(function):
        raise LookupError(f"`{module}` has no function `{name}`")
    return function


def served(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request: whether a function takes these arguments, or what it makes of them."""
    function = found(request["target"])
    if request["kind"] == "call":
        value = function(*request["args"], **request["named"])
        return {"value": value}
    try:
        signature = inspect.signature(function)
    except ValueError:  # one written in C need not tell
        return {"value": None}
    try:
        signature.bind(*request["args"], **request["named"])
    except TypeError as error:
        return {"error": f"{error}: it is declared as {request['target'].partition(':')[2]}{signature}"}
    return {"value": None}


def main() -> None:
    """Serve until the wire is closed."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    sys.path[0] = sys.argv[1]
    for line in requests:
        try:
            answer = json.dumps(served(json.loads(line)), allow_nan=False)
        except BaseException as error:  # also what asks to exit: only one example has failed
            answer = json.dumps({"error": one_line(error) + place(error)})
        answers.write(answer + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
