"""What a vote under the key `embedding` needs: the text of an answer, and the answer with its vector.

Lowering to a candidate puts them around votes (`tgl.space.vectors`); no program names them.
"""

from __future__ import annotations

from dataclasses import replace

from tgl.keys import Answer, vector_in
from tgl.stdfn.values import Message, Value, shown


def answer_text(x: Value) -> Value:
    """The normal form of an answer, of which a vector is made; absent if the reply could not be read."""
    match x:
        case Message(value=Answer(key=key)):
            return key
        case _:
            return None


def with_vector(x: Value, vector: Value) -> Value:
    """A message with the vector of its answer; as it is without one.

    Raises:
        NoVector: the vector is none.
    """
    match x:
        case Message(value=Answer() as answer) if vector is not None:
            return replace(x, value=replace(answer, vector=vector_in(shown(vector))))
        case _:
            return x
