"""Floating-point operations of a call.

The formula of the published code (methods.md P1.3): with M parameters, L layers of width D, a prompt of p
tokens and a reply of d tokens,

    prefill = 2 M p + 2 L D p (p + 1)
    decode  = 2 M d + 2 L D d (2 p + d + 1)

Reading the prompt costs the weights once a token and attention over what stands before it; writing the reply
the same, over prompt and reply.
"""

from __future__ import annotations

from tgl.ir import ModelSpec


def call_flops(params: float, layers: int, hidden: int, prompt: float, reply: float) -> float:
    """The operations of one call.

    Args:
        params: parameters of the model (M).
        layers: its layers (L).
        hidden: their width (D).
        prompt: tokens that are read, >= 0.
        reply: tokens that are written, >= 0.

    >>> f"{call_flops(1e9, 16, 2048, 202, 275):.3e}"
    '9.710e+11'
    """
    prefill = 2 * params * prompt + 2 * layers * hidden * prompt * (prompt + 1)
    decode = 2 * params * reply + 2 * layers * hidden * reply * (2 * prompt + reply + 1)
    return prefill + decode


def model_flops(model: ModelSpec, prompt: float, reply: float) -> float | None:
    """The operations of a call of a declared model; None where it does not declare its size."""
    if model.params is None or model.layers is None or model.hidden is None:
        return None
    return call_flops(model.params, model.layers, model.hidden, prompt, reply)
