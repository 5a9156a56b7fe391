"""Ironic as a backend of the runner: `microdc.deploy.ports.Backend`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self

from microdc.deploy.ironic import beginning, deciding, disks, enrolling, telling
from microdc.deploy.ironic.api import Api
from microdc.deploy.ironic.configdrive import configdrive
from microdc.deploy.ironic.deciding import Ask, Decision, Done, Stop
from microdc.deploy.ironic.errors import IronicError
from microdc.deploy.ironic.hardware import hardware_of, hardware_of_properties
from microdc.deploy.ironic.instance import instance_info
from microdc.deploy.ironic.model import Mark, Node
from microdc.deploy.ironic.place import Place
from microdc.deploy.ironic.provision import (
    ACTIVE,
    CLEAN_WAIT,
    DEPLOY_WAIT,
    INSPECT_WAIT,
    Way,
    meaning_of,
    phase_of,
)
from microdc.deploy.model import Action, Evidence, Failure, Phase
from microdc.deploy.ports import Glimpse, Job
from microdc.errors import RefusedError

_ABORTED_BY = {DEPLOY_WAIT: "deleted", CLEAN_WAIT: "abort", INSPECT_WAIT: "abort"}
"""Ironic lets itself be interrupted only where it waits for its ramdisk."""


class IronicBackend:
    """See the module. Nothing is kept but what was told last: all that a new controller has to know stands at the node, in its mark."""

    def __init__(self, api: Api, place: Place) -> None:
        self.api = api
        self._place = place
        self._told: dict[tuple[str, int], tuple[str, ...]] = {}
        self._entries: dict[tuple[str, int], str] = {}

    def begin(self, job: Job) -> None:
        """Has Ironic know the node and the job: see `beginning`. Nothing is done to the server yet: `look` takes all steps."""
        beginning.begin(self.api, self._place, job)

    def look(self, job: Job) -> Glimpse:
        """How far it is; asks for the next step where Ironic waits for one. Raises MicrodcError, UnreachableError where it may be gone next time."""
        node = beginning.there(self.api, job)
        mark = node.mark
        if mark is None or mark.move != job.move:
            what = f"another job was begun with {node.name} in Ironic: {mark.move if mark else 'by somebody else'}"
            raise RefusedError(
                what, where=self.api.wire.where, hint="two controllers deploy it: end one of them"
            )
        decision = deciding.decide(node, mark)
        phase = phase_of(node.state, job.action, step=node.step, heard=node.heard)
        evidence = self._news(node, mark, job)
        if isinstance(decision, Ask):
            phase = Phase.PREPARE if node.state == ACTIVE else phase  # what it has is an earlier job's
            decision = self._asked(node, job, decision)
        return self._glimpse(node, job, phase, decision, evidence)

    def abort(self, job: Job) -> str:
        """Ends a job where Ironic waits for its ramdisk; elsewhere Ironic goes on to the end of what it is at.

        Whoever aborts a job looks at it no more: Ironic lets nothing be noted at a node while it works, so a look may go on with it.
        """
        node = beginning.there(self.api, job)
        mark = node.mark
        if mark is None or mark.move != job.move:
            return f"nothing: Ironic has no such job with {node.name}"
        verb = _ABORTED_BY.get(node.state)
        if verb is not None:
            self.api.provision(node.name, verb)
            return f"Ironic, which was at {node.state}, is asked to end it ({verb})"
        if meaning_of(node.state).way is Way.WORKS:
            return f"Ironic cannot be interrupted while it is {node.state}: it goes on to the end of that"
        self.api.patch(node.name, enrolling.marking(replace(mark, aborted=True)))
        return f"nothing goes on in Ironic, where the node is {node.state}"

    def close(self) -> None:
        self.api.wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- going on

    def _asked(self, node: Node, job: Job, ask: Ask) -> Decision:
        """Asks for a step. What Ironic refuses by itself ends the job; what may be gone the next time is raised."""
        try:
            if ask.verb not in deciding.DEPLOY_VERBS:
                self.api.provision(node.name, ask.verb)
                return ask
            return self._deployed(node, job, ask)
        except IronicError as error:
            return Stop("ironic-refused", f"Ironic refuses to {ask.verb} the node: {error.what}", error.hint)

    def _deployed(self, node: Node, job: Job, ask: Ask) -> Decision:
        spec, place = job.spec, self._place
        if job.image is None:
            return Stop(
                "ironic-refused", "no image is named", "name one as `image` of the server or of its site"
            )
        found = hardware_of(self.api.inventory(node.name))
        doubt = disks.doubt(spec.disk, found.get("disks", ()))
        if doubt:
            return Stop("ironic-disk", doubt, "name the disk in `disk` of the server's `deploy`")
        info = instance_info(spec, job.image.ref, place.ironic, place.site.where)
        self.api.patch(node.name, enrolling.instance(info, node))
        wrong = self.api.wrong(node.name)
        if wrong:
            text = f"Ironic's validation of the node fails: {'; '.join(wrong)}"
            return Stop(
                "ironic-invalid", text, "what it names is set in Ironic's configuration or in the inventory"
            )
        if node.mark is not None and not node.mark.ours:
            self.api.patch(node.name, enrolling.marking(replace(node.mark, ours=True)))
        self.api.provision(node.name, ask.verb, configdrive(spec, place.site, place.keys()))
        return ask

    # -- telling

    def _glimpse(
        self, node: Node, job: Job, phase: Phase, decision: Decision, evidence: tuple[Evidence, ...]
    ) -> Glimpse:
        text = f"Ironic: {node.state}{f', at {node.step}' if node.step else ''}"
        match decision:
            case Done():
                hardware = self._hardware(node) if job.action is Action.INSPECT else {}
                return Glimpse(phase, done=True, text=text, hardware=hardware, evidence=evidence)
            case Stop(cause, told, advice):
                failure = Failure(phase, cause, told, advice)
                return Glimpse(phase, failure=failure, text=text, evidence=evidence)
            case Ask(verb):
                return Glimpse(phase, text=f"{text}; it is asked to {verb}", evidence=evidence)
        return Glimpse(phase, text=text, evidence=evidence)

    def _hardware(self, node: Node) -> dict[str, Any]:
        inventory = self.api.inventory(node.name)
        if inventory:
            return hardware_of(inventory)
        return hardware_of_properties(node.properties, sorted(self.api.ports(node)))

    def _news(self, node: Node, mark: Mark, job: Job) -> tuple[Evidence, ...]:
        """What happened since the last look of this controller."""
        key, now = (node.name, job.move), datetime.now(UTC)
        change = telling.mark_of_change(node)
        seen = () if self._told.get(key) == change else (telling.change(node, node.name, job.move, now),)
        self._told[key] = change
        if not seen:
            return ()
        history = self.api.history(node.name)  # grows where the state changes
        news = telling.newer(history, self._entries.get(key, mark.history))
        self._entries[key] = telling.newest(history) or mark.history
        return (*telling.entries(news, node.name, job.move, now), *seen)
