"""A user's functions in Python, run in a process of their own.

They are taken to be pure: a result is kept for the arguments that it was made of, and nothing of it is
stored. The process ends with the command, and is started anew where a function took too long or ended it.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pydantic import JsonValue

from tgl.ir import MOST_RESULT, FunctionSpec, KeySpec, PortSpec
from tgl.runtime.readers import fitted
from tgl.stdfn import (
    FunctionError,
    Message,
    Record,
    StdFunction,
    Tagged,
    Value,
    json_of,
    number_in,
    plain,
    shown,
    spliced,
)

SECONDS = 10.0
"""How long a call may take."""
LOADING = 60.0
"""How long its import may take."""
WORKER = Path(__file__).with_name("function_worker.py")


@dataclass(frozen=True, slots=True)
class LoadFault:
    """A function that can't be used, and why."""

    function: FunctionSpec
    reason: str


Running: TypeAlias = "tuple[subprocess.Popen[str], queue.SimpleQueue[str], threading.Thread]"
"""A process, what it answers, and what reads that."""


class Process:
    """The process, started when it is first asked something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: Running | None = None

    def ask(self, request: Mapping[str, JsonValue], seconds: float) -> Mapping[str, JsonValue]:
        """The answer to a request.

        Raises:
            FunctionError: there is none within that time.
        """
        process, answers, _ = self.running = self.running or self.started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = answers.get(timeout=seconds)
        except queue.Empty:
            self.close()
            raise FunctionError(f"no result within {seconds:g} s") from None
        except OSError:
            line = ""
        if not line:
            self.close()
            raise FunctionError("it ended the process that it ran in")
        answer: Mapping[str, JsonValue] = json.loads(line)
        return answer

    def started(self) -> Running:
        """A new process, and what it answers line by line; an empty line at its end."""
        process = subprocess.Popen(
            [sys.executable, str(WORKER), str(self.folder.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=os.name == "posix",  # Ctrl-C is for the command, which ends it in order
        )
        answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        reader = threading.Thread(target=hand_on, args=(process, answers), daemon=True)
        reader.start()
        return process, answers, reader

    def close(self) -> None:
        """End the process."""
        if self.running is None:
            return
        process, _, reader = self.running
        self.running = None
        process.kill()
        process.wait()
        reader.join()
        assert process.stdin is not None
        with suppress(OSError):  # a request may wait in the pipe that nobody reads
            process.stdin.close()


def hand_on(process: subprocess.Popen[str], answers: queue.SimpleQueue[str]) -> None:
    """Put every line that a process says into a queue."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            answers.put(line)
    answers.put("")


class PythonFunctions:
    """The functions of a program, ready to be called by their registered names."""

    def __init__(
        self, specs: Sequence[FunctionSpec], folder: Path, key: KeySpec, *, seconds: float = SECONDS
    ) -> None:
        """Name the functions; nothing is started or imported yet.

        Args:
            specs: the declarations.
            folder: where their modules are looked for before `sys.path`.
            key: the task's, which reads an `answer`.
            seconds: how long a call may take.
        """
        self.specs = tuple(specs)
        self.key = key
        self.seconds = seconds
        self.process = Process(folder)
        self.results: dict[tuple[str, str], Value | FunctionError] = {}
        self.table: Mapping[str, StdFunction] = {
            spec.name: StdFunction(
                spec.name, (*(port.name for port in spec.ports), *spec.params), 0, self.caller(spec)
            )
            for spec in self.specs
        }

    def load(self) -> list[LoadFault]:
        """Import every function and see whether it takes what its declaration gives."""
        faults: list[LoadFault] = []
        for spec in self.specs:
            args: list[JsonValue] = [None] * len(spec.ports)
            named: dict[str, JsonValue] = dict.fromkeys(spec.params)
            request: dict[str, JsonValue] = {
                "kind": "load",
                "target": spec.python,
                "args": args,
                "named": named,
            }
            try:
                answer = self.process.ask(request, LOADING)
            except FunctionError as error:
                faults.append(LoadFault(spec, str(error)))
                continue
            if "error" in answer:
                faults.append(LoadFault(spec, str(answer["error"])))
        return faults

    def close(self) -> None:
        """End the process."""
        self.process.close()

    def caller(self, spec: FunctionSpec) -> Callable[..., Value]:
        """What calls one function with values by port; the first port comes without its name."""
        names = [port.name for port in spec.ports] + list(spec.params)

        def call(first: Value = None, **others: Value) -> Value:
            return self.call(spec, {names[0]: first, **others} if names else {})

        return call

    def call(self, spec: FunctionSpec, values: Mapping[str, Value]) -> Value:
        """The result for some arguments; absent if a required one is, or if the function says `None`.

        Raises:
            FunctionError: it raised, took too long, or answered with another type.
        """
        args: list[JsonValue] = []
        for port in spec.ports:
            value = argument(spec, port, values.get(port.name))
            if value is None and not port.optional:
                return None
            args.append(value)
        named: dict[str, JsonValue] = {name: json_of(values.get(name)) for name in spec.params}
        asked = spec.name, json.dumps([args, named], sort_keys=True)
        if asked not in self.results:
            try:
                self.results[asked] = self.fresh(spec, args, named)
            except FunctionError as error:
                self.results[asked] = error
        result = self.results[asked]
        if isinstance(result, FunctionError):
            raise FunctionError(str(result))
        return result

    def fresh(self, spec: FunctionSpec, args: list[JsonValue], named: dict[str, JsonValue]) -> Value:
        """The result of a call that is made now."""
        request: dict[str, JsonValue] = {
            "kind": "call",
            "target": spec.python,
            "args": args,
            "named": named,
        }
        try:
            answer = self.process.ask(request, self.seconds)
        except FunctionError as error:
            raise FunctionError(f"`{spec.declared}`: {error}") from None
        if "error" in answer:
            raise FunctionError(f"`{spec.declared}`: {answer['error']}")
        return result_of(spec, self.key, answer.get("value"))


def argument(spec: FunctionSpec, port: PortSpec, value: Value) -> JsonValue:
    """What a function gets at a port: the text of a message, or what it was read as, as the port's type says.

    Raises:
        FunctionError: the value is of another type.
    """
    if port.is_list:
        members = spliced(value)
        if port.name in spec.values:
            return [read for member in members if (read := json_of(plain(member))) is not None] or None
        return [json_of(member) for member in members] or None
    if value is None:
        return None
    match port.type:
        case "text":
            return shown(value)
        case "number":
            number = number_in(value)
            if number is None and not is_unread(value):
                raise FunctionError(
                    f"`{spec.declared}`: `{port.name}` takes a number and got {shown(value)!r}"
                )
            return None if number is None else int(number) if number == int(number) else float(number)
        case "tagged":
            read = plain(value)
            return tag_json(read) if isinstance(read, Tagged) and read.tag in port.tags else None
        case "record":
            read = plain(value)
            if not isinstance(read, Record) and not is_unread(value):
                raise FunctionError(
                    f"`{spec.declared}`: `{port.name}` takes a record and got {shown(value)!r}"
                )
            return json_of(read)
        case _:
            return json_of(plain(value))


def wrong_argument(spec: FunctionSpec, port: PortSpec, value: Value) -> FunctionError:
    """A value of another type than a port takes."""
    got = shown(value)[:60]
    return FunctionError(f"`{spec.declared}`: `{port.name}` takes a {port.type} and got {got!r}")


def tag_json(value: Tagged) -> JsonValue:
    """A value with a tag as a function sees it: `{"ASK": "why?"}`, or `"DONE"`."""
    return value.tag if value.value is None else {value.tag: json_of(plain(value.value))}


def is_unread(value: Value) -> bool:
    """Whether a value is a reply that could not be read."""
    return isinstance(value, Message) and value.value is None


def result_of(spec: FunctionSpec, key: KeySpec, value: JsonValue) -> Value:
    """A function's result as its type says.

    Raises:
        FunctionError: it is of another type, or too long.
    """
    if value is None:
        return None
    if len(json.dumps(value, ensure_ascii=False).encode(errors="replace")) > MOST_RESULT:
        raise FunctionError(f"`{spec.declared}`: its result is longer than {MOST_RESULT} bytes as JSON")
    if spec.result == "bool":
        read: Value = value if isinstance(value, bool) else None
    elif isinstance(value, bool) or (spec.result.kind in ("number", "text") and is_other(spec, value)):
        read = None
    else:
        read = fitted(spec.result, key, value)
    if read is None:
        wanted = spec.name.rpartition(" -> ")[2]
        raise FunctionError(f"`{spec.declared}`: its result is no {wanted}: {json.dumps(value)[:60]}")
    return read


def is_other(spec: FunctionSpec, value: JsonValue) -> bool:
    """Whether a text stands for a number or a number for a text: a reply may be read so, a result is not."""
    return isinstance(value, str) is (spec.result != "bool" and spec.result.kind == "number")
