"""The language server: the only room that knows the protocol and pygls."""

from tgl.lsp.server import make_server

__all__ = ["make_server"]
