"""The geometry of drawings: nothing overlaps, texts fit, wires go around boxes."""

import random  # noqa: TID251  (a seeded one, to make graphs)
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from tgl.drawing import Box, Frame, Link, Picture, Place, Scene, program_picture, scene_of
from tgl.drawing.scene import CHAR, LINE, box_lines, columns
from tgl.pipeline.loading import load_program, lower_program

ROOT = Path(__file__).parents[3]
PROGRAMS = [
    path
    for path in sorted((ROOT / "examples").rglob("*.tgl"))
    if path.stem != "quickstart.opt" and "\noptimize " in path.read_text(encoding="utf-8")
]


def texts(rng: random.Random) -> tuple[str, ...]:
    return tuple("x" * rng.randint(1, 40) for _ in range(rng.randint(0, 4)))


def random_picture(seed: int) -> Picture:
    rng = random.Random(seed)
    frames: list[Frame] = []
    for k in range(rng.randint(0, 4)):
        parent = rng.choice([None, *(frame.id for frame in frames)])
        frames.append(Frame(f"f{k}", f"frame {k}", ("of " + "words " * rng.randint(0, 8),), (), parent))
    homes = [None, *(frame.id for frame in frames)]
    boxes = [Box(f"b{k}", "call", f"b{k}", texts(rng)) for k in range(rng.randint(1, 30))]
    boxes = [Box(b.id, b.kind, b.title, b.lines, b.chances, rng.choice(homes)) for b in boxes]
    names = [box.id for box in boxes] + [frame.id for frame in frames]
    links: list[Link] = []
    for _ in range(rng.randint(0, 50)):
        source, target = rng.choice(names), rng.choice(names)
        label = ("label " * rng.randint(1, 4),) if rng.random() < 0.3 else ()
        links.append(Link(source, target, label, rng.random() < 0.3, rng.random() < 0.1))
    return Picture("random", "a random picture", tuple(boxes), tuple(frames), tuple(links))


NEAR = 1e-6
"""Sums of floats that are equal differ by less."""


def apart(a: Place, b: Place) -> bool:
    beside = a.x + a.width <= b.x + NEAR or b.x + b.width <= a.x + NEAR
    return beside or a.y + a.height <= b.y + NEAR or b.y + b.height <= a.y + NEAR


def within(inner: Place, outer: Place) -> bool:
    return (
        outer.x <= inner.x + NEAR
        and outer.y <= inner.y + NEAR
        and inner.x + inner.width <= outer.x + outer.width + NEAR
        and inner.y + inner.height <= outer.y + outer.height + NEAR
    )


def check(scene: Scene) -> None:
    picture, places = scene.picture, scene.places
    whole = Place(0, 0, scene.width, scene.height)
    parents = {box.id: box.frame for box in picture.boxes} | {f.id: f.parent for f in picture.frames}
    assert set(places) == set(parents)
    for name, parent in parents.items():
        assert within(places[name], whole if parent is None else places[parent])
    for first, second in combinations(parents, 2):
        if parents[first] == parents[second]:
            assert apart(places[first], places[second]), (first, second)
    for item in (*picture.boxes, *picture.frames):
        lines = box_lines(item)
        assert max(columns(line) for line in lines) * CHAR < places[item.id].width
        assert len(lines) * LINE < places[item.id].height
    labels = [route.label for route in scene.routes if route.label is not None]
    for label, box in ((label, places[box.id]) for label in labels for box in picture.boxes):
        assert apart(label, box)
    for first, second in combinations(labels, 2):
        assert apart(first, second)
    for route in scene.routes:
        for corner in route.corners:
            assert 0 <= corner[0] <= scene.width
            assert 0 <= corner[1] <= scene.height
        for (x, y), (to_x, to_y) in pairwise(route.corners):
            # A wire bends between two corners inside the rectangle that they span.
            way = Place(min(x, to_x), min(y, to_y), abs(to_x - x), abs(to_y - y))
            assert all(apart(way, places[box.id]) for box in picture.boxes), route.link


@pytest.mark.parametrize("seed", range(60))
def test_random_pictures(seed: int) -> None:
    check(scene_of(random_picture(seed)))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_examples(path: Path) -> None:
    checked = load_program(str(path))
    picture = program_picture(lower_program(checked), checked.modules)
    scene = scene_of(picture)
    check(scene)
    drawn = {route.link for route in scene.routes}
    assert len(drawn) >= 2
    assert all(link.back for link in drawn if scene.places[link.source].y >= scene.places[link.target].y)


def test_a_dense_graph_of_200_nodes_stays_legible() -> None:
    boxes = tuple(Box(f"n{k}", "call", f"n{k}", (": assistant on small",)) for k in range(200))
    links = tuple(Link(f"n{a}", f"n{b}") for a in range(200) for b in range(a + 1, min(a + 20, 200)))
    scene = scene_of(Picture("dense", "dense", boxes, (), links))
    check(scene)
    assert scene.width < 3000


def test_a_wide_row_is_broken() -> None:
    boxes = tuple(Box(f"n{k}", "call", f"n{k}") for k in range(201))
    links = tuple(Link(f"n{k}", "n200") for k in range(200))
    scene = scene_of(Picture("wide", "wide", boxes, (), links))
    check(scene)
    assert scene.width < 4000


def test_wires_to_a_neighbour_go_straight() -> None:
    boxes = tuple(Box(name, "call", name) for name in ("a", "b", "c"))
    scene = scene_of(Picture("chain", "chain", boxes, (), (Link("a", "b"), Link("b", "c"))))
    assert all(len({x for x, _ in route.corners}) == 1 for route in scene.routes)


def test_wide_characters_take_two_columns() -> None:
    assert columns("a日本é") == 6
    (place,) = scene_of(Picture("t", "t", (Box("a", "call", "日" * 20),), (), ())).places.values()
    assert place.width > 40 * CHAR
