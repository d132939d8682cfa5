"""Where the final answer of a mathematical reply stands."""

import pytest

from tgl.ir import KeySpec
from tgl.keys import expected, read_answer

MATH = KeySpec(kind="math")


@pytest.mark.parametrize(
    ("reply", "key"),
    [
        (r"First \boxed{1}, in the end \boxed{\frac{1}{2}}.", "1/2"),
        (r"\boxed{\frac{\sqrt{4}}{\frac{8}{2}}}", "1/2"),
        (r"\boxed{7} and then it breaks off: \boxed{\frac{1}{", "7"),
        (r"\boxed 5", "5"),
        (r"\fbox{12}", "12"),
        (r"$\boxed{\{1, 2\}}$", "{1;2}"),
        ("She has 3 apples and buys 4.\n#### 7", "7"),
        ("#### 7\nIn all 12 apples were counted.", "7"),
        ("3 + 4 = 7, so the answer is 7.", "7"),
        ("The answer is $\\frac{3}{4}$. I checked it 2 times.", "3/4"),
        ("The answer is 3. No, wait. The final answer is: **12**", "12"),
        ("**Final Answer:** 3/4", "3/4"),
        ("Answer: x = 5", "5"),
        ("The answer is 1,234 dollars.", "1234"),
        ("The answer is $12.50.", "25/2"),
        ("The answer is 3.5.", "7/2"),
        ("So we have\n$$x = 42$$", "42"),
        ("We get 2 roots.\n\n3/4", "3/4"),
        ("Therefore the sum is $10$.", "10"),
        ("There are 15 of them.", "15"),
        ("42", "42"),
        ("Friday", "text friday"),
        (r"\text{no solution}", "text no solution"),
        (r"\boxed{\pm 1, \pm 2}", "{-1;-2;1;2}"),
        (r"\boxed{\text{A, B}}", "{letter A;letter B}"),
        ("So we get\n\\[\nx = 42\n\\]", "42"),
        ("It costs $5, then\n$$\n\\frac{3}{4}.\n$$\n", "3/4"),
        ("First\n\\[ 1 \\]\nthen\n\\[\n2\n\\].", "2"),
        ("The answer is\n\\[\n\\frac12\n\\]\nI checked it 3 times.", "1/2"),
        ("It is\n```\n12\n```", "12"),
        ("Hence\n\\[\n\\begin{pmatrix}\n 1 & 2 \\\\[2pt]\n 3 & 4\n\\end{pmatrix}.\n\\]", "matrix[1,2;3,4]"),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", "matrix[1,2;3,4]"),
        ("3 × 10⁴", "30000"),
        (r"\boxed{10⁻²}", "1/100"),
        ("The answer is 2¹⁰.", "1024"),
        ("", None),
        ("I do not know how to solve this, sorry about that.", None),
    ],
)
def test_the_final_answer_is_found(reply, key):
    answer = read_answer(MATH, reply)
    assert (None if answer is None else answer.key) == key


def test_after_is_where_the_answer_stands():
    spec = KeySpec(kind="math", after="Answer:")
    assert read_answer(spec, "Half of 3. Answer: 3/2\nWith 7 more words.").key == "3/2"
    assert read_answer(spec, r"\boxed{3}") is None


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("5", "5"),
        (5, "5"),
        (0.5, "1/2"),
        (r"So $x=\boxed{5}$.", "5"),
        ("3 + 4 = 7\n#### 7", "7"),
        (True, "text true"),
    ],
)
def test_a_target_is_an_answer_or_a_worked_solution(target, key):
    assert expected(MATH, target).key == key


@pytest.mark.parametrize("signed", [r"+\infty", r"(2, +\infty)", r"x < + \infty"])
def test_a_sign_of_infinity_may_be_left_out(signed):
    assert read_answer(MATH, rf"\boxed{{{signed}}}").key == expected(MATH, signed.replace("+", "")).key
