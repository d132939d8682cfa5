"""Providers of other packages: found by their metadata, run only when they are used."""

import importlib
import sys

import pytest

from tgl.models import (
    ErrorKind,
    ModelError,
    ModelSettings,
    address_of,
    build,
    capabilities_of,
    fingerprint_of,
    provider_names,
)
from tgl.semantics import NO_FILES, check, lower
from tgl.text import SourceFile

GOOD = """
from tgl.models import Capabilities, ScriptedModel
class Mine:
    def build(self, settings, env, cache_dir):
        return ScriptedModel(dict(settings.more)["voice"], lambda request: "hello")
    def fingerprint_of(self, settings):
        return self.build(settings, None, None).fingerprint
    def capabilities_of(self, settings):
        return Capabilities(max_concurrency=3)
    def address_of(self, settings, env):
        raise RuntimeError("no\\n address")
MINE = Mine()
NOT = object()
"""
PROGRAM = """
model m {{ provider {}; voice alto; size 2; title "a b" }}
role r(q) -> answer {{ prompt "{{{{ q }}}}" }}
graph g(q) {{ node n : r on m
  output n }}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that installs a package with a provider."""

    def package(name, provider, value, code):
        folder = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[tglc.providers]\n{provider} = {value}\n")
        module = value.partition(":")[0]
        (tmp_path / f"{module}.py").write_text(code)
        monkeypatch.delitem(sys.modules, module, raising=False)
        importlib.invalidate_caches()  # folders' listings are kept for as long as their time stands still

    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for module in ("plug_good", "plug_bad", "plug_two"):
        sys.modules.pop(module, None)


def settings(provider, **more):
    return ModelSettings("m", provider, more=(("voice", "alto"),), **more)


def test_a_package_offers_a_provider(install, tmp_path):
    install("plug-good", "choir", "plug_good:MINE", GOOD)
    assert provider_names()[-1] == "choir"
    assert {"local", "openai"} < {*provider_names()}
    model = build(settings("choir"), {}.get, tmp_path)
    assert model.name == "alto"
    assert model.fingerprint == fingerprint_of(settings("choir"))
    assert capabilities_of(settings("choir")).max_concurrency == 3


def test_check_takes_its_name_and_settings_and_runs_nothing_of_it(install):
    install("plug-bad", "choir", "plug_bad:MINE", "raise SystemError('imported')")
    checked = check(SourceFile("p.tgl", PROGRAM.format("choir")), NO_FILES)
    assert checked.problems == ()
    [spec] = lower(checked, "g").ir.models
    assert spec.provider == "choir"
    assert dict(spec.settings) == {"voice": "alto", "size": "2", "title": "a b"}
    assert "plug_bad" not in sys.modules


def test_an_unknown_provider_is_told_with_those_that_are_installed(install):
    install("plug-bad", "choir", "plug_bad:MINE", "raise SystemError('imported')")
    problems = check(SourceFile("p.tgl", PROGRAM.format("chior")), NO_FILES).problems
    told = repr(problems)
    assert "`choir`" in told
    assert "`openai`" in told
    with pytest.raises(ModelError) as caught:
        fingerprint_of(settings("chior"))
    assert "choir" in caught.value.help


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("plug_bad:MINE", "raise SystemError('of\\nits own')", "SystemError: of its own"),
        ("plug_bad:MISSING", GOOD, "MISSING"),
        ("plug_bad:NOT", GOOD, "it lacks build"),
        ("plug_bad:MINE", GOOD.replace('"voice"', '"tone"'), "KeyError"),
    ],
)
def test_a_broken_package_is_named(install, tmp_path, value, code, words):
    install("plug-bad", "choir", value, code)
    with pytest.raises(ModelError) as caught:
        build(settings("choir"), {}.get, tmp_path)
    assert caught.value.kind is ErrorKind.MISSING
    assert "plug-bad 1.0" in caught.value.message
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_two_packages_with_one_name_are_both_named(install):
    install("plug-good", "choir", "plug_good:MINE", GOOD)
    install("plug-two", "choir", "plug_two:MINE", GOOD)
    with pytest.raises(ModelError, match=r"plug-good 1.0 and plug-two 1.0 both offer"):
        fingerprint_of(settings("choir"))


def test_no_package_takes_a_built_in_name(install):
    install("plug-bad", "openai", "plug_bad:MINE", "raise SystemError('imported')")
    assert len(fingerprint_of(ModelSettings("m", "openai", id="x"))) == 64
    assert provider_names().count("openai") == 1


def test_what_it_raises_while_it_runs_is_told(install):
    install("plug-good", "choir", "plug_good:MINE", GOOD)
    with pytest.raises(ModelError, match="RuntimeError: no address"):
        address_of(settings("choir"), {}.get)
