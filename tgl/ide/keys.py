"""Settings by the declaration that knows them, with a line on each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from tgl.ir import DataFormat

KEYS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "model": {
            "provider": "what serves it: `local`, `openai` or `simulated`",
            "weights": "name or source of the weights of a local model",
            "sha256": "hash of the weights",
            "id": "name of the model at its server",
            "revision": "version of the model at its server",
            "base_url": 'address of the server, or `env("NAME")`',
            "api_key": '`env("NAME")`: the variable that holds the key',
            "params": "number of parameters, such as 135M: what a unit of cost is reckoned from",
            "layers": "number of layers",
            "hidden": "width of its hidden state",
            "units": "cost of a call in units, instead of one from `params`",
            "price": "`prompt: $0.15/Mtok, completion: $0.60/Mtok`",
            "zone": "where it runs: `device`, `edge` or `cloud`",
            "concurrency": "calls that its server takes at a time",
            "rpm": "requests a minute that its server takes",
            "tpm": "tokens a minute that its server takes",
            "timeout": "longest wait for a reply, such as 30s",
            "without": "request options that its server refuses; `logprobs` too",
            "embeds": "`yes`: it makes vectors of texts, and no replies",
            "context": "tokens that fit into a request with its reply",
        },
        "role": {
            "prompt": "what is asked; `{{ port }}` prints what arrives there (Jinja)",
            "system": "the system message",
            "temperature": "0 for the likeliest reply, higher for more different ones",
            "top_p": "share of the likeliest tokens to draw from",
            "max_tokens": "longest reply",
            "stop": "texts that end a reply",
            "shots": 'examples shown first: `3, from: "shots.jsonl"`',
            "retry": "how often to ask again where a reply can't be read",
            "from": "the file of the examples",
            "match": "the field in which an example must equal the question",
            "on_failure": "`absent` or `fail`, where a call fails for good",
        },
        "fn": {"python": 'the function, `"package.module:name"`'},
        "task": {
            "data": "a file of one JSON object a line",
            "fields": "further fields, made from others: `question: problem`",
            "where": "a condition that a row has to meet to count",
            "like": "a task whose settings hold where this one says nothing: `like math`",
            "split": "`train: 60, select: 60, test: 200`: upper bounds, and shares",
            "given": "fields that the graph receives",
            "expect": "the field of the right answer; no prompt may see it",
            "key": "when two answers are the same: `exact`, `text`, `number`, `math`, `choice`, `json`, …",
            "unit": "what cost is counted in: a model, `flops(…)`, `dollars`, `tokens` or `calls`",
            "format": "an instruction that prompts print as `{{ format }}`",
            "by": "a given field for whose values accuracy is also shown",
            "on_error": "what follows a failed call: `score: 0`, `retry: N`, `drop: 2%`, `abort`",
            "metric": "what an example scores: `accuracy`, `f1`, `pass, k: 1, of: 5`, a function, …",
        },
        "optimize": {
            "maximize": "a metric of the task",
            "minimize": "a metric of the task, if less of it is better",
            "pareto": "the task's metric and `cost`, `calls`, `tokens` or `latency`: a program a trade-off",
            "limit": "a bound on the program: `cost <= 8 units`, `chance(cost > 8) <= 0.05`, `f1 >= 0.8`",
            "spend": "a bound on the search: `calls <= 4000`",
            "using": "the search: `random(…)` or `reinforce(…)`",
            "seed": "a whole number; the same seed gives the same search",
            "recorded": "a file of responses that travel with the program",
            "deploy": "`concurrency: N`: calls at a time for which latency is told",
            "logprobs": "models whose every call asks for log-probabilities; a search writes it",
        },
    }
)

WORDS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("model", "provider"): ("local", "openai", "simulated"),
        ("model", "zone"): ("device", "edge", "cloud"),
        ("model", "embeds"): ("yes", "no"),
        ("role", "on_failure"): ("absent", "fail"),
        ("task", "key"): (
            "exact",
            "text",
            "number",
            "math",
            "choice",
            "json",
            "set",
            "code",
            "judge",
            "embedding",
        ),
        ("task", "unit"): ("dollars", "tokens", "calls"),
        ("task", "on_error"): ("abort",),
        ("task", "metric"): ("accuracy", "f1", "pass"),
        ("optimize", "maximize"): ("accuracy", "f1", "pass"),
        ("optimize", "pareto"): ("accuracy", "f1", "pass", "cost", "calls", "tokens", "latency"),
        ("optimize", "limit"): ("cost", "calls", "tokens", "latency", "chance"),
        ("optimize", "spend"): ("calls", "cost"),
        ("optimize", "using"): ("random", "reinforce"),
    }
)
"""Words that a setting's value may be, by declaration and key."""

ARGUMENTS: Mapping[tuple[str, str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("task", "data", "format"): get_args(DataFormat),
        ("task", "key", "match"): ("exact", "normalised"),
        ("task", "metric", "better"): ("higher", "lower"),
    }
)
"""Words that a named argument of a setting may be, by declaration, key and name."""
