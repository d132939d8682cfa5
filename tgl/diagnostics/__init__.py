"""What a person is told about a program: problems, their codes, and how they are shown."""

from tgl.diagnostics.codes import CODES, Code, code_info
from tgl.diagnostics.diagnostic import Diagnostic, Fix, Label, Severity
from tgl.diagnostics.pages import codes_by_room, page_of, room_of
from tgl.diagnostics.problem import Problem, collect, report
from tgl.diagnostics.render_json import Json, diagnostic_json, render_json
from tgl.diagnostics.render_text import render_text, render_texts
from tgl.diagnostics.suggest import InScope, did_you_mean, near_fixes, nearest_names
from tgl.diagnostics.words import plural

__all__ = [
    "CODES",
    "Code",
    "Diagnostic",
    "Fix",
    "InScope",
    "Json",
    "Label",
    "Problem",
    "Severity",
    "code_info",
    "codes_by_room",
    "collect",
    "diagnostic_json",
    "did_you_mean",
    "near_fixes",
    "nearest_names",
    "page_of",
    "plural",
    "render_json",
    "render_text",
    "render_texts",
    "report",
    "room_of",
]
