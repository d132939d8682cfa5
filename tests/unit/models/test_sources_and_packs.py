"""Sources of weights as text, and the list of known packs."""

import pytest
from pydantic import ValidationError

from tgl.models import direct_pack, installed_path, known_packs, resolve
from tgl.models.sources import FileSource, HubSource, UrlSource, WheelSource, file_stem, parse_source

HASH = "0" * 64


@pytest.mark.parametrize(
    ("text", "source", "stem"),
    [
        ("pypi:a-b==1.0!pkg/data/m.Q4.gguf", WheelSource("a-b", "1.0", "pkg/data/m.Q4.gguf"), "m.Q4"),
        ("pypi:a==1!2.0!x.gguf", WheelSource("a", "1", "2.0!x.gguf"), "2.0-x"),
        ("hf:org/repo-GGUF@main!a/b c.gguf", HubSource("org/repo-GGUF", "main", "a/b c.gguf"), "b-c"),
        ("https://host.org/x/y.gguf?k=v", UrlSource("https://host.org/x/y.gguf?k=v"), "y"),
        ("http://127.0.0.1:80/y.gguf", UrlSource("http://127.0.0.1:80/y.gguf"), "y"),
        ("file:/tmp/m.gguf", FileSource("/tmp/m.gguf"), "m"),
        ("https://host.org/", UrlSource("https://host.org/"), "weights"),
    ],
)
def test_a_source_is_read(text, source, stem):
    assert parse_source(text) == source
    assert file_stem(source) == stem


@pytest.mark.parametrize(
    "text",
    [
        "",
        "smollm2",
        "pypi:name!path",
        "pypi:name==1.0",
        "pypi:-r x==1!p",
        "pypi:--index-url==1!p",
        "hf:repo@main!p",
        "http://host.org/plain-http.gguf",
        "https://",
        "ftp://host/x",
        "file:",
    ],
)
def test_what_is_no_source_names_the_forms(text):
    with pytest.raises(ValueError, match="pypi:NAME==VERSION!path"):
        parse_source(text)


def test_every_known_pack_is_usable():
    packs = known_packs()
    assert {pack.name for pack in packs} >= {"smollm2-135m-instruct", "gemma-3-270m"}
    assert len({pack.file_name for pack in packs}) == len(packs)
    for pack in packs:
        assert resolve(pack.name) is pack
        assert all(parse_source(text) for text in (*pack.sources, *([pack.terms] if pack.terms else [])))
        assert pack.size > 0
        assert pack.params > 0
    assert resolve("smollm3") is None


def test_weights_named_by_source_need_their_hash():
    pack = direct_pack("file:/x/tiny.gguf", HASH)
    assert (pack.name, pack.sha256, pack.licence.accept) == ("tiny", HASH, False)
    with pytest.raises(ValidationError):
        direct_pack("file:/x/tiny.gguf", "abc")
    with pytest.raises(ValueError, match="is no source"):
        direct_pack("tiny", HASH)


def test_weights_of_another_size_are_not_installed(tmp_path):
    pack = resolve("smollm2-135m-instruct")
    assert installed_path(pack, tmp_path) is None
    (tmp_path / pack.file_name).write_bytes(b"half")
    assert installed_path(pack, tmp_path) is None
    whole = pack.model_copy(update={"size": 4})
    assert installed_path(whole, tmp_path) == tmp_path / pack.file_name
