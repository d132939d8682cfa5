"""How far two texts share their words: the F1 of question answering."""

from __future__ import annotations

from collections import Counter

from tgl.keys.normalise import normalised


def token_f1(answer: str, target: str) -> float:
    """F1 of the words of two texts in their normal form, in [0, 1]; a word counts as often as both have it.

    >>> round(token_f1("the old stone bridge", "Stone bridge."), 3)
    0.8
    >>> token_f1("", "bridge"), token_f1("!", "?")
    (0.0, 1.0)

    Reference: Rajpurkar et al. (2016), SQuAD, arXiv:1606.05250, 6.1; its evaluation script counts two texts
        without words as the same.
    """
    ours, theirs = normalised(answer).split(), normalised(target).split()
    if not ours or not theirs:
        return float(ours == theirs)
    shared = (Counter(ours) & Counter(theirs)).total()
    return 2.0 * shared / (len(ours) + len(theirs))
