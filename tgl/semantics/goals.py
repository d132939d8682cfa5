"""What must hold of a graph that is run for a task, within limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tgl.ir import (
    Alternative,
    ChoiceRef,
    Expr,
    GraphTemplate,
    Input,
    Limit,
    ListOf,
    ModelName,
    ModelSpec,
    NodeRef,
    NodeTemplate,
    OptimizeSpec,
    Options,
    Reader,
    TaskSpec,
    graph_votes,
    within,
)
from tgl.semantics.errors import graph as facts
from tgl.semantics.errors import models as model_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as type_facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import every
from tgl.semantics.inside import expressions, nested
from tgl.semantics.lowering.evaluate import global_value
from tgl.semantics.lowering.state import Instance, State
from tgl.semantics.models import read_model
from tgl.semantics.problems import Problems
from tgl.semantics.roles import read_fn
from tgl.semantics.signals import keep_able
from tgl.semantics.tasks import Goal
from tgl.syntax import ast
from tgl.text import Span


def check_goal(
    state: State, instance: Instance, graph: GraphTemplate, goal: Goal | None, task: TaskSpec | None
) -> None:
    """Report what keeps a graph from being run for its task and within its limits."""
    models = used_models(state, graph)
    check_options(state, graph, models)
    keep_able(state, graph, models)
    if task is not None:
        check_inputs(state, instance, task)
        check_answer(state, instance, graph)
        check_shots(state, graph, task)
        check_votes(state, graph, task)
    if goal is None:
        return
    remote = [spec.name for spec in models.values() if not spec.is_free]
    scope = state.files.main
    # A `spend` that could not be read has been reported.
    open_ended = not has_setting(goal.block, "spend")
    if remote and state.choices and open_ended and not scope.is_broken_around(goal.block.span):
        state.problems.add(
            model_facts.spend_needed(At(scope.source, heading(scope.source.text, goal.block.span)), remote)
        )
    if goal.spec.spend_dollars is not None:
        report_unpriced(state, At(scope.source, spend_span(goal.block)), models)
    for limit, span in goal.limits:
        at = At(scope.source, span)
        counted = models
        if limit.of is not None:
            named = check_part(state, graph, limit.of, at)
            counted = models if named is None else {n: spec for n, spec in models.items() if n in named}
        if limit.unit == "units" and task is not None and task.unit.kind == "dollars":
            state.problems.add(
                model_facts.limit_unit(
                    at, "cost", "`$` where the task says `unit dollars`, as `limit cost <= $0.002`"
                )
            )
        dollars = limit.unit == "$" or (
            limit.what == "cost" and task is not None and task.unit.kind == "dollars"
        )
        if dollars:
            report_unpriced(state, at, counted)
        if dollars or limit.what == "tokens":
            for alternative in roles_of(graph):
                # A `max_tokens` that cannot be read has been reported.
                if "max_tokens" not in dict(alternative.fields) and not has_broken_role(state, alternative):
                    place = at_alternative(state, alternative)
                    state.problems.add(model_facts.max_tokens_needed(place, alternative.what, at))


def check_part(state: State, graph: GraphTemplate, name: str, at: At) -> tuple[str, ...] | None:
    """The models that a part of the program is about, if it is not about nodes.

    Reports a name that is neither that of nodes nor of models. A resolved program may have lost its nodes.
    """
    ids = [node.id for part in nested(graph) for node in part.nodes]
    if any(within(one, name) for one in ids):
        return None
    named = models_named(state, name)
    if named is None and state.choices:
        names = {part.partition("[")[0] for one in ids for part in one.split(".")[1:]}
        names |= {n for n, b in state.files.main.names.items() if isinstance(b.decl, (ast.Model, ast.Pool))}
        state.problems.add(name_facts.unknown_name(at, name, sorted(names), "node, model or pool"))
    return named


def models_named(state: State, name: str) -> tuple[str, ...] | None:
    """The models that a name of the program's file stands for: of one, or of all in a pool."""
    binding = state.files.main.names.get(name)
    match None if binding is None else binding.decl:
        case ast.Model(name=model):
            return (model,)
        case ast.Pool() as pool if binding is not None:
            value = global_value(state, binding.home, pool)
            return tuple(one.name for one in every(value) if isinstance(one, ModelName))
        case _:
            return None


def settled(state: State, graph: GraphTemplate, spec: OptimizeSpec) -> OptimizeSpec:
    """The facts of a block, with the models that its limits on a part are about."""
    ids = [node.id for part in nested(graph) for node in part.nodes]

    def told(limit: Limit) -> Limit:
        if limit.of is None or any(within(one, limit.of) for one in ids):
            return limit
        return limit.model_copy(update={"models": models_named(state, limit.of)})

    return spec.model_copy(update={"limits": tuple(map(told, spec.limits))})


def report_unpriced(state: State, at: At, models: Mapping[str, ModelSpec]) -> None:
    """Report an amount in dollars that can't be kept, since some models have no price."""
    unknown = [
        spec.name
        for spec in models.values()
        if not spec.is_free and spec.prompt_price is None and not has_price(state, spec.name)
    ]
    if unknown:
        state.problems.add(model_facts.unknown_price(at, unknown))


def has_price(state: State, name: str) -> bool:
    """Whether a model of the program's file states a price, also one that could not be read."""
    binding = state.files.main.names.get(name)
    return binding is not None and isinstance(binding.decl, ast.Model) and has_setting(binding.decl, "price")


def has_broken_role(state: State, alternative: Alternative) -> bool:
    """Whether the role of an alternative has a part that could not be read."""
    scope = state.files.scopes[alternative.home]
    binding = scope.names.get(alternative.what)
    return binding is not None and binding.decl is not None and scope.is_broken_around(binding.decl.span)


def has_setting(block: ast.Optimize | ast.Model, key: str) -> bool:
    """Whether a block has a setting, readable or not."""
    return any(isinstance(one, ast.Setting) and one.key == key for one in block.settings)


def spend_span(block: ast.Optimize) -> Span:
    """The `spend` of a block that is in dollars."""
    spans = [s.span for s in block.settings if isinstance(s, ast.Setting) and s.key == "spend"]
    return spans[-1] if spans else block.span


def heading(text: str, span: Span) -> Span:
    """The part of a block before its brace."""
    head = text[span.start : span.end].partition("{")[0].rstrip()
    return Span(span.start, span.start + len(head))


def at_alternative(state: State, alternative: Alternative) -> At:
    scope = state.files.scopes[alternative.place.source]
    return At(scope.source, Span(alternative.place.start, alternative.place.end))


def roles_of(graph: GraphTemplate) -> Iterator[Alternative]:
    """The roles of a graph, nested ones too."""
    for part in nested(graph):
        for node in part.nodes:
            yield from (a for a in node.alternatives if a.kind == "role")


def used_models(state: State, graph: GraphTemplate) -> Mapping[str, ModelSpec]:
    """The models that a graph may call."""
    names: dict[str, None] = {}
    for part in nested(graph):
        for found in expressions(part):
            names |= dict.fromkeys(model_names(state, found))
    specs: dict[str, ModelSpec] = {}
    for name in names:
        scope = state.models[name]
        decl = next((d for d in scope.module.decls if isinstance(d, ast.Model) and d.name == name), None)
        if decl is not None:
            specs[name] = read_model(scope, decl, Problems())
    return specs


def model_names(state: State, value: Expr) -> list[str]:
    match value:
        case ModelName(name=name):
            return [name]
        case ChoiceRef(address=address):
            domain = state.choices[address].domain
            options = domain.options if isinstance(domain, Options) else ()
            return [part.name for option in options for part in every(option) if isinstance(part, ModelName)]
        case _:
            return []


def check_options(state: State, graph: GraphTemplate, models: Mapping[str, ModelSpec]) -> None:
    """Options that the server of a model refuses, wherever a role that sets one may run on it."""

    def visit(part: GraphTemplate, inherited: list[str]) -> None:
        for node in part.nodes:
            names = inherited if node.on is None else models_of(state, node, part)
            for alternative in node.alternatives:
                if alternative.graph is not None:
                    visit(alternative.graph, names)
                embedding = [name for name in names if name in models and models[name].embeds]
                if embedding and alternative.kind == "role":
                    at = at_alternative(state, alternative)
                    state.problems.add(model_facts.makes_vectors(at, node.group, embedding))
                for option, _ in alternative.fields:
                    refusing = [name for name in names if name in models and option in models[name].without]
                    if refusing and alternative.kind == "role":
                        state.problems.add(
                            model_facts.refused_option(
                                at_alternative(state, alternative), option, alternative.what, refusing
                            )
                        )

    visit(graph, [])


def check_votes(state: State, graph: GraphTemplate, task: TaskSpec) -> None:
    """Answers that are no whole replies, where votes need vectors: none is made of them (E0607)."""
    if task.key.embedder is None or not graph_votes(graph):
        return
    for part in nested(graph):
        for node in part.nodes:
            for alternative in node.alternatives:
                own = state.functions.get(alternative.fn or "")
                made = None if own is None or isinstance(own.result, str) else own.result
                whole = alternative.reader is not None and alternative.reader.kind == "answer"
                if holds_answer(made) or (holds_answer(alternative.reader) and not whole):
                    at = at_alternative(state, alternative)
                    state.problems.add(model_facts.vote_without_vectors(at, alternative.what))


def holds_answer(reader: Reader | None) -> bool:
    """Whether a value of a type is an answer, or holds one."""
    if reader is None:
        return False
    inner = [reader.item, *(one for _, one in reader.fields), *(one for _, one in reader.tags)]
    return reader.kind == "answer" or any(map(holds_answer, inner))


def models_of(state: State, node: NodeTemplate, graph: GraphTemplate) -> list[str]:
    """The models that a node may run on."""
    found: list[str] = []
    for part in [] if node.on is None else every(node.on):
        found += model_names(state, part)
        if part.kind == "model_of":
            other = next((n for n in graph.nodes if n.id == part.node), None)
            found += [] if other is None or other is node else models_of(state, other, graph)
    return list(dict.fromkeys(found))


def check_inputs(state: State, instance: Instance, task: TaskSpec) -> None:
    """Inputs of the graph that the task does not give; the target among them is worse."""
    for port in instance.graph.ports:
        at = instance.scope.at(port.name_span)
        if port.name == task.expect:
            state.problems.add(type_facts.target_in_prompt(at, port.name, task.name))
        elif port.name not in task.given and not port.optional:
            state.problems.add(facts.not_given(at, port.name, task.name, task.given))


def check_answer(state: State, instance: Instance, graph: GraphTemplate) -> None:
    """A graph for a task answers with one message that holds a read answer."""
    written = next(s.value for s in instance.graph.body if isinstance(s, ast.Output))
    at = instance.scope.at(written.span)
    if isinstance(graph.output, ListOf):
        state.problems.add(facts.not_one_message(at, graph.name))
        return
    for part in nested(graph):
        check_reads(state, part)
    unread = unread_of(state, graph, graph.output)
    if unread is not None:
        found, hint = unread
        state.problems.add(type_facts.unread_answer(at, "a task compares answers", found, hint))


def check_reads(state: State, graph: GraphTemplate) -> None:
    """Functions that compare answers get read ones."""
    for node in graph.nodes:
        for alternative in node.alternatives:
            if alternative.kind != "fn":
                continue
            for name, value in alternative.args:
                if name in answer_ports(state, alternative):
                    unread = unread_of(state, graph, value)
                    if unread is not None:
                        found, hint = unread
                        at, where = (
                            at_alternative(state, alternative),
                            f"`{alternative.what}` compares answers",
                        )
                        state.problems.add(type_facts.unread_answer(at, where, found, hint))


def fn_facts(state: State, name: str) -> tuple[str, frozenset[str]]:
    """The type of a function by its registered name, and its ports that compare answers."""
    for scope in state.files.scopes.values():
        for decl in scope.module.decls:
            if isinstance(decl, ast.Fn):
                read = read_fn(scope, decl, Problems())
                if read is not None and read.registered == name:
                    return read.type, read.answers
    return "any", frozenset()


def answer_ports(state: State, alternative: Alternative) -> frozenset[str]:
    return fn_facts(state, alternative.fn or "")[1]


def unread_of(state: State, graph: GraphTemplate, value: Expr) -> tuple[str, str] | None:
    """What of a value is text that nobody reads, and what to do about it; None if all of it is read."""
    match value:
        case Input(port=port):
            return f"the input `{port}`", "answer with a node whose role replies `-> answer`"
        case ListOf(items=items):
            return next(
                (found for item in items if (found := unread_of(state, graph, item)) is not None), None
            )
        case NodeRef(id=name):
            node = next(n for n in graph.nodes if n.id == name)
            return next(
                (
                    found
                    for a in node.alternatives
                    if (found := unread_alternative(state, graph, a)) is not None
                ),
                None,
            )
        case _:
            return None


def part_hint(alternative: Alternative) -> str | None:
    """The field or tag of a reply that holds an answer, if one does."""
    if alternative.reader is None:
        return None
    parts = (*alternative.reader.fields, *alternative.reader.tags)
    name = next((name for name, part in parts if part is not None and part.kind == "answer"), None)
    return None if name is None else f"read the answer out of it with a dot: `.{name}`"


def unread_alternative(
    state: State, graph: GraphTemplate, alternative: Alternative
) -> tuple[str, str] | None:
    hint = f"declare `role {alternative.what}(…) -> answer`"
    if alternative.kind == "role":
        reads = alternative.reader is not None and alternative.reader.kind == "answer"
        kind = "text" if alternative.reader is None else alternative.reader.kind
        kind = "tagged reply" if kind == "tagged" else kind
        return None if reads else (f"the {kind} of `{alternative.what}`", part_hint(alternative) or hint)
    if alternative.graph is not None:
        return unread_of(state, alternative.graph, alternative.graph.output)
    found, _ = fn_facts(state, alternative.fn or "")
    if found == "any":
        passed = alternative.args[0][1] if alternative.args else None
        return None if passed is None else unread_of(state, graph, passed)
    return (
        None
        if found == "answer"
        else (f"the {found} of `{alternative.what}`", "answer with a role that replies `-> answer`")
    )


def check_shots(state: State, graph: GraphTemplate, task: TaskSpec) -> None:
    """Examples are matched on a field that the task gives."""
    for alternative in roles_of(graph):
        match = None if alternative.shots is None else alternative.shots.match
        if match is not None and match not in task.given:
            at = at_alternative(state, alternative)
            state.problems.add(facts.not_given(at, match, task.name, task.given))
