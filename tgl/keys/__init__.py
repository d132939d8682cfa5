"""Answer keys: how a reply is read as an answer, and when two answers are the same one."""

from tgl.keys.answers import MOST_JUDGED, Answer, agrees, expected, read_answer
from tgl.keys.choice import read_option
from tgl.keys.code import code_key, program_in
from tgl.keys.meanings import (
    ROUNDING,
    NoVector,
    clusters,
    similarity,
    unit_vector,
    vector_in,
    vector_text,
)
from tgl.keys.normalise import normalised
from tgl.keys.numbers import FoundNumber, first_number, last_number, number_key
from tgl.keys.overlap import token_f1

__all__ = [
    "MOST_JUDGED",
    "ROUNDING",
    "Answer",
    "FoundNumber",
    "NoVector",
    "agrees",
    "clusters",
    "code_key",
    "expected",
    "first_number",
    "last_number",
    "normalised",
    "number_key",
    "program_in",
    "read_answer",
    "read_option",
    "similarity",
    "token_f1",
    "unit_vector",
    "vector_in",
    "vector_text",
]
