"""The edges of an instance, decided from its output backwards, and what each live node is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tgl.space.deciding import Deciding, Instance
from tgl.space.order import topological
from tgl.space.plan import AltPlan, EdgePlan, NodePlan
from tgl.space.reads import Reads
from tgl.space.static import UNKNOWN


class Wiring(Deciding):
    """Decides what reaches what."""

    def wire(self, instance: Instance) -> None:
        plan = instance.plan
        self.read(instance, plan.output_reads)
        for block in reversed(plan.blocks):
            if len(block) > 1:
                self.knot(instance, block)
                continue
            for place in block:
                if place in instance.live:
                    self.feed(instance, place, loose=False)

    def feed(self, instance: Instance, place: int, *, loose: bool) -> None:
        """Decide the edges into a live node; `loose`: none of them can make a node of its knot impossible."""
        plan = instance.plan
        node = plan.nodes[place]
        if node.early:
            self.what(instance, place)
        # not early: all alternatives have the same wires and take the same edges
        alts = list(self.facts.possible(node))
        easy = self.easy_ports(instance, node, alts)
        tight = place in plan.knotted and not loose
        for edge in plan.into[place]:
            is_on = self.edge_on(instance, edge, alts, easy, tight=tight)
            instance.asked.add(edge.index)
            if is_on:
                instance.on.append(edge.index)
                if edge.source is not None and instance.exists[edge.source]:
                    instance.live.add(edge.source)
                self.read(instance, edge.guard_reads)
                if edge.closed is not None:
                    self.facts.draw(plan, edge)
                for source in edge.sources if place in plan.knotted else ():
                    self.facts.tie(plan, source, place)
            if tight:
                instance.status = self.feasibility.status(plan, instance.fed)
        self.read(instance, alts[0].reads)
        self.read(instance, node.guard_reads)

    def read(self, instance: Instance, reads: Reads) -> None:
        """What is read becomes live; where an index picks, it is decided now, and nothing else is read."""
        for pick in reads.picks:
            while self.facts.peek(pick) is UNKNOWN:
                self.decide(self.facts.first_open(pick), instance)
        found = self.facts.may_read(instance.plan, reads)
        instance.live.update(ref for ref in found if instance.exists[ref])

    def knot(self, instance: Instance, block: Sequence[int]) -> None:
        """Decide the edges into the live members of a knot, the last first, until none is left.

        What an acyclic edge must not close a circle with: the edges decided before, and whatever else of its
        knot may be there.
        """
        plan = instance.plan
        if instance.live.isdisjoint(block):
            return
        here = [place for place in block if instance.exists[place]]
        for place in here:
            node = plan.nodes[place]
            for edge in plan.into[place]:
                if edge.closed is not None:
                    for address in self.settling(edge):
                        self.decide(address)
            for alt in self.facts.possible(node):
                for ref in (*alt.reads.refs, *node.guard_reads.refs):
                    self.facts.tie(plan, ref, place)
            for edge in plan.into[place]:
                if self.facts.peek(edge.exists if edge.closed is None else edge.closed) is not False:
                    for source in edge.sources:
                        self.facts.tie(plan, source, place)
        done: set[int] = set()
        while waiting := [place for place in here if place in instance.live and place not in done]:
            loose = all(
                self.easy_ports(instance, plan.nodes[place], list(self.facts.possible(plan.nodes[place])))
                for place in here
            )
            done.add(waiting[-1])
            self.feed(instance, waiting[-1], loose=loose)
        instance.status = self.feasibility.status(plan, instance.fed)

    def settling(self, edge: EdgePlan) -> Iterator[str]:
        """The open choices that tell whether an edge may be there even if it closes a circle."""
        closed = edge.closed
        while closed is not None and self.facts.peek(closed) is UNKNOWN:
            address = self.facts.first_open(closed)
            if address == edge.flip:
                return
            yield address

    def ordered(self, instance: Instance) -> tuple[int, ...]:
        """The live nodes after what feeds them."""
        plan = instance.plan
        order = tuple(place for place in plan.order if place in instance.live)
        if not plan.knotted:
            return order
        rank = {place: k for k, place in enumerate(order)}
        sources: list[set[int]] = []
        for place in order:
            node = plan.nodes[place]
            refs = {ref for alt in self.facts.possible(node) for ref in alt.reads.refs}
            refs |= {*node.guard_reads.refs}
            sources.append({rank[ref] for ref in refs if ref in rank})
        for index in instance.on:
            edge = plan.edges[index]
            sources[rank[edge.target]] |= {rank[ref] for ref in edge.sources if ref in rank}
        return tuple(order[k] for k in topological([str(place) for place in order], sources))

    def easy_ports(self, instance: Instance, node: NodePlan, alts: Sequence[AltPlan]) -> frozenset[str]:
        """Keys of alternatives that no edge into the node can make impossible."""
        plan, fed, status = instance.plan, instance.fed, instance.status
        return frozenset(
            alt.template.key
            for alt in alts
            if alt.inner is None
            and all(
                port in alt.wires and self.feasibility.fed_by(alt.wires[port], plan, fed, status)
                for port in alt.needs
            )
            and self.feasibility.can_be(plan, node, alt, fed, status)
        )

    def edge_on(
        self,
        instance: Instance,
        edge: EdgePlan,
        alts: Sequence[AltPlan],
        easy: frozenset[str],
        *,
        tight: bool,
    ) -> bool:
        if not any(alt.template.key in edge.ports for alt in alts):
            return False
        if not self.feasibility.source_fed(edge, instance.plan, instance.fed, instance.status):
            return False
        if edge.closed is not None and self.facts.closes(instance.plan, edge):
            return self.demand(edge.closed) is True
        if edge.plain and edge.flip is not None and edge.flip not in self.facts.meanings:
            self.flip(instance, edge, alts, easy, tight=tight)
            return self.facts.assignment[edge.flip] is True
        while True:
            value = self.facts.peek(edge.exists)
            if value is not UNKNOWN:
                return value is True
            address = self.facts.first_open(edge.exists)
            if address == edge.flip:
                self.flip(instance, edge, alts, easy, tight=tight)
            else:
                self.decide(address)

    def flip(
        self,
        instance: Instance,
        edge: EdgePlan,
        alts: Sequence[AltPlan],
        easy: frozenset[str],
        *,
        tight: bool,
    ) -> None:
        choice = self.space.choices[edge.flip or ""]
        node = instance.plan.nodes[edge.target]
        plain = not tight and any(
            alt.template.key in easy and edge.ports.get(alt.template.key) not in alt.single for alt in alts
        )

        if plain and self.floors is None:
            self.settle(choice, (0, 1))
            return

        def possible() -> bool:
            if tight:
                return self.sound(instance)
            return plain or any(
                self.feasibility.can_be(instance.plan, node, alt, instance.fed, instance.status)
                for alt in alts
            )

        # an edge from a node that is live already costs nothing more, but for its text
        reaching = edge.source is not None and edge.source not in instance.live
        texts = self.bound is not None and self.bound.follows_texts
        costly = (True, reaching or texts)
        allowed = [yes for yes in (0, 1) if self.holds_with(choice, yes, possible, costly=costly[yes])]
        self.settle(choice, allowed)

    def what(self, instance: Instance, place: int) -> None:
        if place in instance.picks:
            return
        node = instance.plan.nodes[place]
        if node.own_pick is not None and node.own_pick not in self.facts.meanings:
            choice = self.space.choices[node.own_pick]

            def possible() -> bool:
                alt = self.facts.pick(node)
                if node.early and place in instance.plan.knotted:
                    return alt is not None and self.sound(instance)
                return alt is not None and self.feasibility.can_be(
                    instance.plan, node, alt, instance.fed, instance.status
                )

            atoms = range(len(choice.atoms))
            self.settle(choice, [atom for atom in atoms if self.holds_with(choice, atom, possible)])
        elif self.facts.pick(node) is None:
            self.demand(node.template.pick)
        alt = self.facts.pick(node)
        if alt is None:
            raise ValueError(f"{node.template.id}: what it is names no alternative")
        instance.picks[place] = alt

    def arrivals(self, instance: Instance, place: int) -> frozenset[str]:
        """The ports of a live node that get something."""
        alt = instance.picks[place]
        key = alt.template.key
        edges = instance.plan.edges
        ports = {
            edges[index].ports[key]
            for index in instance.on
            if edges[index].target == place and key in edges[index].ports
        }
        ports |= {
            port
            for port, wire in alt.wires.items()
            if self.feasibility.fed_by(wire, instance.plan, instance.fed, instance.status)
        }
        return frozenset(ports)
