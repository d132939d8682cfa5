"""A small client of the protocol: a real process, JSON-RPC over its pipes, every wait bounded."""

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

TIMEOUT_S = 60


class Failed(Exception):
    """An error that the server answered with."""


class Client:
    def __init__(
        self, root: Path, capabilities: dict[str, Any] | None = None, *, folders: bool = True
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tgl.cli.main", "lsp", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.inbox: queue.Queue[dict[str, Any]] = queue.Queue()
        self.kept: list[dict[str, Any]] = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.last = 0
        self.versions: dict[str, int] = {}
        folder = {"uri": root.as_uri(), "name": "root"}
        self.info = self.ask(
            "initialize",
            processId=None,
            rootUri=root.as_uri(),
            workspaceFolders=[folder] if folders else None,
            capabilities={"workspace": {"workspaceFolders": folders}, **(capabilities or {})},
        )
        self.tell("initialized")

    def read(self) -> None:
        out = self.process.stdout
        assert out is not None
        while True:
            length = 0
            while (line := out.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                return
            self.inbox.put(json.loads(out.read(length)))

    def send(self, message: dict[str, Any]) -> None:
        self.send_together(message)

    def send_together(self, *messages: dict[str, Any]) -> None:
        """Several messages in one write."""
        bodies = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages]
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(b), b) for b in bodies))
        self.process.stdin.flush()

    def tell(self, method: str, **params: Any) -> None:
        self.send({"method": method, "params": params})

    def next(self) -> dict[str, Any]:
        return self.inbox.get(timeout=TIMEOUT_S)

    def ask(self, method: str, **params: Any) -> Any:
        self.last += 1
        wanted = self.last
        self.send({"id": wanted, "method": method, "params": params})
        while True:
            message = self.next()
            if message.get("id") == wanted and "method" not in message:
                if "error" in message:
                    raise Failed(message["error"]["message"])
                return message["result"]
            self.kept.append(message)

    def open(self, path: Path, text: str | None = None) -> str:
        uri = path.as_uri()
        self.versions[uri] = 1
        body = path.read_text(encoding="utf-8") if text is None else text
        document = {"uri": uri, "languageId": "tgl", "version": 1, "text": body}
        self.tell("textDocument/didOpen", textDocument=document)
        return uri

    def change(self, uri: str, text: str) -> int:
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])
        return self.versions[uri]

    def at(self, method: str, uri: str, line: int, column: int, **more: Any) -> Any:
        place = {"line": line, "character": column}
        return self.ask(f"textDocument/{method}", textDocument={"uri": uri}, position=place, **more)

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """The diagnostics of the version that was sent last, as soon as they are there."""
        while True:
            message = self.kept.pop(0) if self.kept else self.next()
            params = message.get("params", {})
            if (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and params.get("version") == self.versions[uri]
            ):
                return params["diagnostics"]

    def close(self) -> int:
        self.ask("shutdown")
        self.tell("exit")
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(TIMEOUT_S)
        self.reader.join(TIMEOUT_S)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code
