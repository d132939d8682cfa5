"""Prompts: sandboxed Jinja templates, read and never run here."""

from __future__ import annotations

import re

from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.problems import Problems
from tgl.semantics.roles import RoleFacts
from tgl.semantics.scope import FileScope
from tgl.semantics.templates import printed_variables
from tgl.semantics.walk import walk
from tgl.syntax import ast
from tgl.text import Span


def check_prompt(problems: Problems, scope: FileScope, role: RoleFacts, text: ast.String) -> frozenset[str]:
    """Report what is wrong with a prompt.

    Args:
        problems: where to report.
        scope: the file that the text stands in.
        role: whose ports and params it may print.
        text: the template.

    Returns:
        The variables that it prints.
    """
    used = printed_variables(text.value)
    if used is None:
        used = variables_by_jinja(problems, scope, text)
    if used is None:
        return frozenset()
    known = {port.name for port in role.ports} | set(role.params) | {"format"}
    for name in sorted(used - known):
        at = At(scope.source, variable_span(scope, text, name))
        task = expecting(scope, name)
        if task is None:
            problems.add(facts.prompt_variable(at, name, role.name, known))
        else:
            problems.add(facts.target_in_prompt(at, name, task))
    return used


def variables_by_jinja(problems: Problems, scope: FileScope, text: ast.String) -> frozenset[str] | None:
    """The variables of any template; None if it is none, which is reported."""
    from jinja2 import TemplateSyntaxError, meta
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment()
    try:
        tree = environment.parse(text.value)
        environment.compile(text.value, raw=True)
    except TemplateSyntaxError as error:
        at = At(scope.source, line_span(scope, text, error.lineno))
        problems.add(facts.prompt_syntax(at, (error.message or "it is no template").rstrip(".")))
        return None
    return frozenset(meta.find_undeclared_variables(tree))


def expecting(scope: FileScope, field: str) -> str | None:
    """The task of this file that expects a field of that name."""
    for binding in scope.names.values():
        settings = binding.decl.settings if isinstance(binding.decl, ast.Task) else ()
        for setting in settings:
            if not isinstance(setting, ast.Setting) or setting.key != "expect":
                continue
            if any(isinstance(arg.value, ast.Name) and arg.value.id == field for arg in setting.args):
                return binding.name
    return None


def line_span(scope: FileScope, text: ast.String, line: int) -> Span:
    """The line of a template in the source: of a text over several lines that line, else the whole text."""
    written = scope.source.text[text.span.start : text.span.end]
    lines = written.split("\n")
    if len(lines) == 1:
        return text.span
    wanted = min(line if lines[0].strip() == '"""' else line - 1, len(lines) - 1)
    start = text.span.start + sum(len(before) + 1 for before in lines[:wanted])
    content = lines[wanted]
    indent = len(content) - len(content.lstrip())
    return Span(start + indent, max(start + len(content.rstrip()), start + indent))


def variable_span(scope: FileScope, text: ast.String, name: str) -> Span:
    """The first place of a variable in a template."""
    written = scope.source.text[text.span.start : text.span.end]
    found = re.search(rf"\{{[{{%][^}}]*?\b({re.escape(name)})\b", written)
    if found is None:
        return text.span
    return Span(text.span.start + found.start(1), text.span.start + found.end(1))


def check_role_prompts(problems: Problems, role: RoleFacts) -> None:
    """Check the prompts that a role holds; warn of ports that none of them prints."""
    used: set[str] = set()
    texts = [
        found
        for key in ("prompt", "system")
        for value in role.settings.get(key, ())
        for found in walk(value)
        if isinstance(found, ast.String)
    ]
    names = any(
        isinstance(found, ast.Name)
        for key in ("prompt", "system")
        for v in role.settings.get(key, ())
        for found in walk(v)
    )
    before = len(problems.found)
    for text in texts:
        used |= check_prompt(problems, role.scope, role, text)
    if len(problems.found) > before or names or not texts:
        return
    for port in role.decl.ports:
        if port.name not in used and not role.scope.is_std:
            problems.add(facts.unused_port(role.scope.at(port.name_span), port.name, role.name))
