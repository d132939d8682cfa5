"""Mathematical answers: where they stand in a reply, and a text that equal ones share."""

from tgl.keys.mathematics.answer import LONGEST, Meaning, meaning
from tgl.keys.mathematics.final import boxed, final_answer, written_answer

__all__ = ["LONGEST", "Meaning", "boxed", "final_answer", "meaning", "written_answer"]
