"""Ways of asking many BMCs for the same resources: log in by a session, GET each and parse its JSON, log out.

Each gives how many requests it made. Certificates are verified by all.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from redfish.rest.v1 import redfish_client

from microdc.bmc.fleet import Task, each
from microdc.bmc.model import Target
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.driver import RedfishBmc

ROOT = "/redfish/v1/"
SESSIONS = "/redfish/v1/SessionService/Sessions"


@dataclass(frozen=True, slots=True)
class Work:
    """cafile: vouches for all of them; paths: of the resources; at_once: BMCs that are spoken to at a time."""

    targets: Sequence[Target]
    cafile: str
    paths: Sequence[str]
    at_once: int


def collect(bmc: RedfishBmc) -> None:
    """What is asked of each server: all that it consists of, and its sensors."""
    hardware, sensors = bmc.hardware(), bmc.sensors()
    if not hardware.modules and not hardware.memory:
        raise AssertionError("the hardware was not found")
    if not sensors.readings:
        raise AssertionError("no sensor was found")


def microdc_collected(work: Work) -> int:
    def one(task: Task[object]) -> int:
        client = Client(task.target)
        with RedfishBmc(task.target, client) as bmc:
            collect(bmc)
        return client.requests

    return _in_fleet(work, one)


def microdc_only(work: Work) -> int:
    def one(task: Task[object]) -> int:
        with Client(task.target) as client:
            for path in work.paths:
                client.get(path)
        return client.requests

    return _in_fleet(work, one)


def _in_fleet(work: Work, one: Callable[[Task[object]], int]) -> int:
    done = 0
    for outcome in each(work.targets, one, at_once=work.at_once):
        if outcome.error is not None:
            raise outcome.error
        done += outcome.value or 0
    return done


def dmtf_threads(work: Work) -> int:
    def one(target: Target) -> int:
        user, password = _login(target)
        # it reads the root
        client = redfish_client(target.redfish, user, password, cafile=work.cafile)  # type: ignore[no-untyped-call]
        client.login(auth="session")
        for path in work.paths:
            answer = client.get(path)
            _check(answer.status)
            _keep(answer.dict)
        client.logout()
        return len(work.paths) + 3

    return _in_pool(work, one)


def httpx_threads(work: Work) -> int:
    context = ssl.create_default_context(cafile=work.cafile)

    def one(target: Target) -> int:
        with httpx.Client(base_url=target.redfish, verify=context, trust_env=False, timeout=30) as client:
            _keep(client.get(ROOT).json())
            answer = client.post(SESSIONS, json=_credentials(target))
            client.headers["X-Auth-Token"] = answer.headers["x-auth-token"]
            for path in work.paths:
                found = client.get(path)
                _check(found.status_code)
                _keep(found.json())
            _check(client.delete(answer.headers["location"]).status_code)
        return len(work.paths) + 3

    return _in_pool(work, one)


def _in_pool(work: Work, one: Callable[[Target], int]) -> int:
    with ThreadPoolExecutor(work.at_once) as pool:
        return sum(pool.map(one, work.targets))


def httpx_async(work: Work) -> int:
    return asyncio.run(_async_all(work))


async def _async_all(work: Work) -> int:
    context = ssl.create_default_context(cafile=work.cafile)
    limits = httpx.Limits(max_connections=work.at_once, max_keepalive_connections=work.at_once)
    turns = asyncio.Semaphore(work.at_once)
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=60, limits=limits) as client:
        tasks = [_async_one(client, turns, target, work.paths) for target in work.targets]
        return sum(await asyncio.gather(*tasks))


async def _async_one(
    client: httpx.AsyncClient, turns: asyncio.Semaphore, target: Target, paths: Sequence[str]
) -> int:
    async with turns:
        base = target.redfish
        _keep((await client.get(base + ROOT)).json())
        answer = await client.post(base + SESSIONS, json=_credentials(target))
        headers = {"X-Auth-Token": answer.headers["x-auth-token"]}
        for path in paths:
            found = await client.get(base + path, headers=headers)
            _check(found.status_code)
            _keep(found.json())
        session = httpx.URL(answer.headers["location"]).path
        _check((await client.delete(base + session, headers=headers)).status_code)
    return len(paths) + 3


def _credentials(target: Target) -> dict[str, str]:
    user, password = _login(target)
    return {"UserName": user, "Password": password}


def _login(target: Target) -> tuple[str, str]:
    if target.login is None:
        raise AssertionError("every BMC of a benchmark has a login")
    return target.login.user, target.login.password


def _check(status: int) -> None:
    if status not in {200, 204, 404}:  # microdc also asks for what may not be there
        raise AssertionError(f"answered {status}")


def _keep(document: Any) -> None:
    if not isinstance(document, dict):
        raise TypeError("no resource")


WAYS: dict[str, Callable[[Work], int]] = {
    "microdc, collected": microdc_collected,
    "microdc, requests only": microdc_only,
    "redfish (DMTF), threads": dmtf_threads,
    "httpx, threads": httpx_threads,
    "httpx, async": httpx_async,
}
