"""The room `models` imports its modules when their names are asked for."""

from importlib import import_module
from pathlib import Path

import pytest

import tgl.models


def test_every_public_name_is_found_where_it_is_said_to_be() -> None:
    assert set(tgl.models.HOMES) == set(tgl.models.__all__)
    for name, home in tgl.models.HOMES.items():
        found = getattr(tgl.models, name)
        assert found is getattr(import_module(f"tgl.models.{home}"), name)


def test_no_module_hides_a_public_name() -> None:
    modules = {path.stem for path in Path(tgl.models.__file__).parent.iterdir()}
    assert not modules & set(tgl.models.__all__)


def test_other_names_are_missing_as_ever() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tgl.models.nothing
