"""How a search's `spend` is shared out before it starts.

`spend` caps everything: exploring on train, choosing on select, baselines, and the final measurement. What
the later stages will need is kept back while exploring:

    select:  finalists x w  +  models  +  3 w        calls for each select example
    test:    5 w  +  models                          calls for each test example

where w is the mean number of calls of the finalists so far (at first: of the prior mode), the 3 w stand for
vote, best-of-k and the random program, and the 5 w for these, the winner and the prior mode. At most
`LARGEST_SHARE` of the cap is kept back, so that something is left to explore with. In the later stages each
step starts only if its worst case fits; the winner's own test is kept back from all others, and what does not
fit is left out and named in the report.
"""

from __future__ import annotations

from tgl.evaluate.ledger import NOTHING, Ledger, Need

LARGEST_SHARE = 0.6


def later_stages(
    ledger: Ledger, sizes: tuple[int, int, int], finalists: int, models: int, calls: float, dollars: float
) -> Need:
    """What to keep back for the stages after exploring.

    Args:
        ledger: tells the caps.
        sizes: number of train, select and test examples.
        finalists: number of candidates that go to select.
        models: number of single-model baselines.
        calls: w, the mean calls of a run.
        dollars: the mean dollars of a run.
    """
    if not ledger.capped:
        return NOTHING
    _, select, test = sizes
    runs = select * (finalists + 3) + test * 5
    single = (select + test) * models
    wanted = Need(int(runs * calls + single), (runs + single) * dollars)
    cap = Need(
        wanted.calls if ledger.calls_cap is None else int(ledger.calls_cap * LARGEST_SHARE),
        wanted.dollars if ledger.dollars_cap is None else ledger.dollars_cap * LARGEST_SHARE,
    )
    return wanted.within(cap)
