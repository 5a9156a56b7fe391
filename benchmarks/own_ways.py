"""microdc among the ways of applying."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from socket import if_nametoindex

from ways import CannotError, Way
from workload import INTERFACE, Workload, asked, shaper

from microdc.agent.client import Agent, open_agent
from microdc.agent.resident.change import bursts
from microdc.agent.resident.kernel import Kernel
from microdc.host.local import NamespaceHost
from microdc.netlink.messages import decode, dump_requests, encode
from microdc.wan.commit import commits
from microdc.wan.operate import Wan
from microdc.wan.planning import Situation


class MicrodcSends(Way):
    """The messages alone, of the same rules that tc gets as lines: made of the objects, and sent as the agent sends them."""

    name = "microdc, encoded and sent"

    def __init__(self, work: Workload) -> None:
        super().__init__(work)
        self.kernel, self.index = Kernel(), if_nametoindex(INTERFACE)

    def prepare(self, act: str, step: int) -> None:
        self.todo = self.operations(act, step)

    def act(self) -> None:
        batch = [encode(operation.verb, operation.item, self.index) for operation in self.todo]
        for begin, end in bursts(batch, [""] * len(batch)):
            if refused := self.kernel.burst(batch[begin:end]):
                raise CannotError(f"refused: {refused}")

    def close(self) -> None:
        self.kernel.socket.close()


class Microdc(Way):
    """microdc with an open conversation: plan, commit, read-back held against the plan. The agent runs and keeps overlays."""

    name = "microdc"

    def __init__(self, work: Workload, namespace: str, directory: str) -> None:
        super().__init__(work)
        self.testbed = work.testbed()
        self.host = NamespaceHost(namespace)
        self.directory = directory
        self.agent = open_agent(self.host, directory=directory)
        self.wan = self.opened(self.agent)

    def opened(self, agent: Agent) -> Wan:
        reading = agent.read({INTERFACE: dump_requests(0)})
        observed = {INTERFACE: decode(reading.hello.interfaces[INTERFACE].index, reading.dumps[INTERFACE])}
        situation = Situation(shaper(), reading.hello, reading.state, observed)
        return Wan(self.testbed, {"wan1": situation}, None, {"wan1": agent}, ExitStack())

    def prepare(self, act: str, step: int) -> None:
        if act == "lay":  # another way may have been here
            self.wan = self.opened(self.agent)
        values = asked(self.work.values(step))
        self.values = dict([next(iter(values.items()))]) if act == "one" else values

    def act(self) -> None:
        self.change(self.wan)

    def change(self, wan: Wan) -> None:
        plan = wan.plan_overlay(self.values, "benchmark", "benchmark", replace=True)
        for _ in wan.apply(plan):
            pass

    def clear(self) -> None:
        self.wan = self.opened(self.agent)
        plan = self.wan.plan_removal([overlay.id for overlay in self.wan.overlays])
        for _ in self.wan.apply(plan):
            pass

    def close(self) -> None:
        self.agent.close()


class MicrodcSent(Microdc):
    """The same up to the kernel's acknowledgement, which the agent passes on: without reading back, and holding that against the plan."""

    name = "microdc, not read back"

    def prepare(self, act: str, step: int) -> None:
        super().prepare(act, step)
        self.wan = self.opened(self.agent)  # what `act` leaves behind is not known there

    def change(self, wan: Wan) -> None:
        plan = wan.plan_overlay(self.values, "benchmark", "benchmark", replace=True)
        self.agent.commit(replace(commits(plan)["wan1"], read_back={}))


class MicrodcAnew(Microdc):
    """The same with all that an invocation does first: the way to the agent that runs, and reading what is there."""

    name = "microdc, opened anew"

    def act(self) -> None:
        with open_agent(self.host, directory=self.directory) as agent:
            self.change(self.opened(agent))
