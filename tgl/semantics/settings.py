"""Settings: which keys a declaration knows, and their values as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tgl.diagnostics import Fix, did_you_mean
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FileScope
from tgl.syntax import ast
from tgl.text import Edit, Span, frozen

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@frozen
class Settings:
    """The settings of one declaration; each reader returns None for what is absent or wrong (reported)."""

    owner: str
    at: At
    scope: FileScope
    problems: Problems
    found: Mapping[str, ast.Setting]

    def place(self, node: ast.Node) -> At:
        return self.scope.at(node.span)

    def wrong(
        self, key: str, wanted: str, hint: str | None = None, *, word: str = "", options: Sequence[str] = ()
    ) -> None:
        """Report a value; `word` stands there, and one of `options` may have been meant."""
        setting = self.found[key]
        span = setting.args[0].value.span if setting.args else setting.span
        at = self.scope.at(span)
        near = did_you_mean(word, options)
        self.problems.add(facts.wrong_setting(at, key, wanted, hint, near, at.near(word, options)))

    def args(self, key: str) -> tuple[ast.Arg, ...]:
        return self.found[key].args if key in self.found else ()

    def single(self, key: str, wanted: str) -> ast.Expr | None:
        """The only argument of a key."""
        if key not in self.found:
            return None
        args = self.found[key].args
        if len(args) != 1 or args[0].name is not None or args[0].when is not None:
            self.wrong(key, wanted)
            return None
        return args[0].value

    def word(self, key: str, options: Sequence[str] = ()) -> str | None:
        """A bare word, one of `options` if there are any."""
        wanted = "one of " + ", ".join(f"`{o}`" for o in options) if options else "a name"
        value = self.single(key, wanted)
        if value is None:
            return None
        if not isinstance(value, ast.Name) or (options and value.id not in options):
            self.wrong(key, wanted, word=value.id if isinstance(value, ast.Name) else "", options=options)
            return None
        return value.id

    def text(self, key: str) -> str | None:
        """A string."""
        value = self.single(key, 'a text, `"…"`')
        if value is None:
            return None
        if not isinstance(value, ast.String):
            self.wrong(key, 'a text, `"…"`')
            return None
        return value.value

    def number(self, key: str, wanted: str, units: Sequence[str] = ("",), low: float = 0.0) -> float | None:
        """A number above `low` with one of the units; times are given in seconds, a share as a fraction."""
        value = self.single(key, wanted)
        if value is None:
            return None
        if not isinstance(value, ast.Number) or value.unit not in units or value.value < low:
            self.wrong(key, wanted)
            return None
        return value.value * SECONDS.get(value.unit, 1.0)

    def whole(self, key: str, wanted: str, low: int = 1) -> int | None:
        """A whole number, at least `low`."""
        found = self.number(key, wanted, low=low)
        if found is None:
            return None
        if found != int(found):
            self.wrong(key, wanted)
            return None
        return int(found)

    def names(self, key: str) -> tuple[str, ...]:
        """Words with commas between them."""
        found: list[str] = []
        for arg in self.args(key):
            if not isinstance(arg.value, ast.Name) or arg.name is not None:
                self.wrong(key, "names with commas between them")
                return ()
            found.append(arg.value.id)
        if key in self.found and not found:
            self.wrong(key, "at least one name")
        return tuple(found)

    def require(self, key: str, example: str) -> bool:
        """Whether a key is there; reported if not, unless it may be in a part that could not be read."""
        if key not in self.found and not self.scope.is_broken_around(self.at.span):
            self.problems.add(facts.missing_setting(self.at, self.owner, key, example), detail=key)
        return key in self.found


def read_settings(
    scope: FileScope,
    settings: ast.Settings,
    problems: Problems,
    *,
    owner: str,
    at: At,
    known: Sequence[str],
    planned: Mapping[str, str] | None = None,
    repeatable: Sequence[str] = (),
) -> Settings:
    """The settings of a declaration by key; unknown and repeated keys are reported.

    Args:
        scope: the file.
        settings: of the declaration; `param`s are skipped.
        problems: where to report.
        owner: words for the declaration, "a model".
        at: the place of the declaration.
        known: keys it may have.
        planned: keys of later versions, with words for them.
        repeatable: keys that may stand several times (the first is kept).
    """
    found: dict[str, ast.Setting] = {}
    for setting in settings:
        if isinstance(setting, ast.Param):
            continue
        place = scope.at(setting.name_span)
        if planned and setting.key in planned:
            problems.add(name_facts.not_yet(place, planned[setting.key]))
        elif setting.key not in known:
            present = [other.key for other in settings if isinstance(other, ast.Setting)]
            problems.add(facts.unknown_setting(place, setting.key, owner, known, present))
        elif setting.key in found and setting.key not in repeatable:
            first = found[setting.key]
            fixes = (without(scope, setting),) if setting == first else ()
            problems.add(facts.repeated(place, f"`{setting.key}`", scope.at(first.name_span), fixes))
        else:
            found.setdefault(setting.key, setting)
    return Settings(owner, at, scope, problems, found)


def without(scope: FileScope, setting: ast.Setting) -> Fix:
    """The fix that removes a setting which says again what another says, with its line if it has one."""
    text, (start, end) = scope.source.text, (setting.span.start, setting.span.end)
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    if line_end >= 0 and not (text[line_start:start] + text[end:line_end]).strip():
        start, end = line_start, line_end + 1
    elif text[end : end + 1] == ";":
        end += 1
    return Fix("remove it: it is said already", (Edit(Span(start, end), ""),), safe=True)
