"""What a person is told while a server answers nobody."""

import io

import pytest

from tgl.models import ErrorKind
from tgl.pipeline.watch import Watch
from tgl.report import LineProgress
from tgl.runtime import Settled, Waiting


def told(events):
    """The lines that these events give at once, after the first."""
    stream = io.StringIO()
    watch = Watch(LineProgress(stream, lambda: 0.0))
    watch.show()
    for event in events:
        watch.event(event)
    return watch.snapshot.waiting, stream.getvalue().splitlines()[1:]


WAIT = Waiting("small", ErrorKind.CONNECTION, 0.5)


@pytest.mark.parametrize(
    ("events", "waiting", "lines"),
    [
        ([WAIT] * 4, None, 0),
        ([WAIT] * 4 + [Settled("small", True), WAIT], None, 0),
        ([WAIT] * 4 + [Settled("large", True), WAIT], "`small`: no connection", 1),
        ([WAIT] * 40, "`small`: no connection", 1),
        ([WAIT] * 40 + [Settled("large", True)], "`small`: no connection", 1),
        ([WAIT] * 40 + [Settled("small", True)], None, 1),
    ],
)
def test_a_model_that_answers_nobody_is_named_at_once_until_it_answers(events, waiting, lines):
    named, written = told(events)
    assert named == waiting
    assert len(written) == lines
    assert all("waiting for `small`: no connection" in line for line in written)
