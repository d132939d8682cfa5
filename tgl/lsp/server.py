"""The requests and notifications of the protocol, each answered by `tgl.ide`.

Diagnostics come twice: at once for what a keystroke touched, and as `tglc check` has them as soon as nobody
has typed for a moment. The second look runs in a thread; its result is dropped if the text has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from tgl import ide
from tgl.lsp import wire
from tgl.lsp.documents import Documents, Open, name_of, uri_of
from tgl.syntax import format_source
from tgl.text import LineIndex, SourceFile, Span
from tgl.version import VERSION

IDLE_S = 0.3
REQUEST_FAILED = -32803


class Protocol(LanguageServerProtocol):
    """Columns are UTF-16 units, whatever else a client offers: every client must know these."""

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        if params.capabilities.general is not None:
            params.capabilities.general.position_encodings = [types.PositionEncodingKind.Utf16]
        return (yield from super().lsp_initialize(params))


class Server(LanguageServer):
    """pygls' server with the documents that are open, and the looks at them that are still to come."""

    def __init__(self, *, idle_s: float) -> None:
        # Whole texts: what ends a line is then decided here alone, not by the editor and by pygls.
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "tglc",
            VERSION,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
        )
        self.documents = Documents()
        self.idle_s = idle_s
        self.waiting: dict[str, asyncio.Task[None]] = {}
        # One check at a time: more would only slow down the answers. One that waits can be called off.
        self.checker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="check")

    def source(self, uri: str) -> SourceFile:
        """The text of an open document.

        Raises:
            JsonRpcException: it is not open.
        """
        found = self.documents.source(uri)
        if found is None:
            raise JsonRpcException(f"{uri} is not open", code=REQUEST_FAILED)
        return found

    def project(self, uri: str) -> ide.Project:
        return ide.read_project(self.source(uri), self.documents)

    def offset(self, uri: str, at: types.Position) -> int:
        return LineIndex(self.source(uri).text).offset_of_utf16(at.line, at.character)

    def publish(self, opened: Open) -> None:
        source = opened.findings.source
        index = LineIndex(source.text)
        found = [wire.diagnostic(entry, source, index) for entry in opened.findings.diagnostics]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(opened.uri, found, version=opened.version)
        )

    def look_again(self, name: str) -> None:
        """Check a document whole once nobody has typed for a moment."""
        pending = self.waiting.pop(name, None)
        if pending is not None:
            pending.cancel()
        self.waiting[name] = asyncio.get_running_loop().create_task(self.whole(name))

    async def whole(self, name: str) -> None:
        await asyncio.sleep(self.idle_s)
        opened = self.documents.opened.get(name)
        if opened is None:
            return
        source = opened.findings.source
        loop = asyncio.get_running_loop()
        found, uses = await loop.run_in_executor(self.checker, self.documents.look, source)
        now = self.documents.opened.get(name)
        if now is not None and now.findings.source == source:
            now.findings, now.uses = found, uses
            self.publish(now)

    def look_at_users(self, name: str) -> None:
        """Open documents that use one that changed."""
        for other in self.documents.users(name):
            self.look_again(other)

    def set_roots(self) -> None:
        """The folders of the workspace as they are now; the one of older clients if there are none."""
        found = [folder.uri for folder in self.workspace.folders.values()]
        paths = map(uris.to_fs_path, found or [self.workspace.root_uri or ""])
        self.documents.roots = [Path(path) for path in paths if path]


def make_server(*, idle_s: float = IDLE_S) -> Server:
    """A language server that is not started yet.

    Args:
        idle_s: seconds without a keystroke after which a document is checked whole.
    """
    server = Server(idle_s=idle_s)
    for add in (add_documents, add_questions, add_changes):
        add(server)
    return server


def add_documents(server: Server) -> None:
    """Opening, typing, closing."""

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        server.set_roots()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def moved(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.set_roots()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        name = name_of(document.uri)
        look = server.documents.look(SourceFile(name, document.text))
        server.documents.opened[name] = Open(document.uri, document.version, *look)
        server.publish(server.documents.opened[name])
        server.look_at_users(name)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        name = name_of(params.text_document.uri)
        document = server.documents.opened.get(name)
        if document is None:
            return
        text = params.content_changes[-1].text
        document.version = params.text_document.version
        document.findings = ide.quick(document.findings, SourceFile(name, text), server.documents)
        server.publish(document)
        server.look_again(name)
        server.look_at_users(name)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.look_at_users(name_of(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        name = name_of(params.text_document.uri)
        server.documents.opened.pop(name, None)
        pending = server.waiting.pop(name, None)
        if pending is not None:
            pending.cancel()
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))
        server.look_at_users(name)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        # One that was missing is used by nothing yet: so all documents, if not only open ones were saved.
        if any(name_of(change.uri) not in server.documents.opened for change in params.changes):
            for name in server.documents.opened:
                server.look_again(name)


def add_questions(server: Server) -> None:
    """What changes nothing."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        found = ide.hover(server.project(uri), server.offset(uri, params.position))
        if found is None:
            return None
        text = types.MarkupContent(types.MarkupKind.Markdown, found.text)
        return types.Hover(text, wire.range_of(LineIndex(server.source(uri).text), found.span))

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", "~", "{", '"'])
    )
    def completion(params: types.CompletionParams) -> list[types.CompletionItem]:
        uri = params.text_document.uri
        offset = server.offset(uri, params.position)
        sign = (params.context and params.context.trigger_character) or ""
        found = ide.complete(server.project(uri), offset, server.documents, sign)
        return [wire.item(at, entry) for at, entry in enumerate(found)]

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> types.Location | None:
        uri = params.text_document.uri
        project = server.project(uri)
        found = ide.occurrence_at(ide.occurrences(project), server.offset(uri, params.position))
        if found is None or found.symbol.home.startswith("std/"):
            return None  # the standard library is inside the package: hover tells of it
        home = project.module(found.symbol.home).source
        return types.Location(uri_of(home.name), wire.range_of(LineIndex(home.text), found.symbol.span))

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location]:
        uri = params.text_document.uri
        source = server.source(uri)
        found = ide.occurrence_at(ide.occurrences(server.project(uri)), server.offset(uri, params.position))
        if found is None:
            return []
        others = server.documents.others(source)
        texts = {file.name: file.text for file in (*others, source)}
        places = ide.references(source, found.symbol, others, server.documents)
        return [
            types.Location(uri_of(name), wire.range_of(LineIndex(texts[name]), entry.span))
            for name, entries in places.items()
            if name in texts
            for entry in entries
            if params.context.include_declaration or not entry.declares
        ]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        project = server.project(params.text_document.uri)
        index = LineIndex(project.main.text)
        return [wire.symbol(index, entry) for entry in ide.outline(project.module(project.main.name))]

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        uri = params.text_document.uri
        project = server.project(uri)
        index = LineIndex(project.main.text)
        area = Span(server.offset(uri, params.range.start), server.offset(uri, params.range.end))
        return [
            types.InlayHint(wire.position(index, hint.offset), hint.text, padding_left=True)
            for hint in ide.hints(project, area)
        ]


def add_changes(server: Server) -> None:
    """What an editor then changes."""

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        source = server.source(params.text_document.uri)
        text = format_source(source)
        if not isinstance(text, str) or text == source.text:
            return []
        everything = wire.range_of(LineIndex(source.text), Span(0, len(source.text)))
        return [types.TextEdit(everything, text)]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: types.PrepareRenameParams) -> types.Range:
        uri = params.text_document.uri
        source = server.source(uri)
        found = ide.renamable(source, server.offset(uri, params.position), server.documents)
        if isinstance(found, ide.Refused):
            raise JsonRpcException(found.reason, code=REQUEST_FAILED)
        return wire.range_of(LineIndex(source.text), found.span)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def rename(params: types.RenameParams) -> types.WorkspaceEdit:
        uri = params.text_document.uri
        source = server.source(uri)
        others = server.documents.others(source)
        offset = server.offset(uri, params.position)
        found = ide.rename(source, offset, params.new_name, others, server.documents)
        if isinstance(found, ide.Refused):
            raise JsonRpcException(found.reason, code=REQUEST_FAILED)
        texts = {file.name: file.text for file in (*others, source)}
        for name, parsed in server.project(uri).files.items():
            texts.setdefault(name, parsed.module.source.text)
        return types.WorkspaceEdit(
            changes={
                uri if name == source.name else uri_of(name): wire.edits(LineIndex(texts[name]), edits)
                for name, edits in found.items()
            }
        )

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions([types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite]),
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        opened = server.documents.opened.get(name_of(uri))
        if opened is None:
            return []
        area = Span(server.offset(uri, params.range.start), server.offset(uri, params.range.end))
        found = ide.actions(opened.findings, area, server.documents)
        return [wire.action(uri, opened.findings.source, entry) for entry in found]
