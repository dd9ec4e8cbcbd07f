"""The laboratory's Asterisk for a bench, the calls that an engine sees there, and plans for them."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from sideline.rules.audibility import Route
from sideline.voice.asterisk.engine import AsteriskEngine
from sideline.voice.engine import CallPlan, PbxCall, PbxCallSeen, PbxPhone, SipPhone
from tests.support.asterisk_fixtures import ROOT as LAB_ROOT
from tests.support.asterisk_fixtures import missing_for_the_laboratory
from tests.support.asterisk_lab import AsteriskLab

PATIENCE = 30.0


@asynccontextmanager
async def laboratory(**words: Any) -> AsyncIterator[AsteriskLab]:
    """Run a real Asterisk; a machine that can't have one ends the bench in a sentence."""
    why = missing_for_the_laboratory()
    if why is not None:
        print(f"Left out: {why}", file=sys.stderr)
        sys.exit(0)
    async with AsteriskLab(LAB_ROOT, **words) as lab:
        yield lab


class Watched(NamedTuple):
    """A call of two, by its lines."""

    customer: str
    agent: str

    @staticmethod
    async def of(engine: AsteriskEngine, *agents: str) -> "dict[str, Watched]":
        """Return the calls on which these endpoints are, by endpoint, once the engine has told of all."""
        found: dict[str, Watched] = {}
        async with asyncio.timeout(PATIENCE):
            async for fact in engine.facts():
                if isinstance(fact, PbxCallSeen):
                    found |= watched(fact.call)
                if found.keys() >= set(agents):
                    return found
        raise AssertionError("the engine was closed")


def watched(call: PbxCall) -> dict[str, Watched]:
    """Return the call by its agent's endpoint; empty if nobody has answered."""
    return {each.endpoint: Watched(call.customer, each.id) for each in call.parties if each.is_with_customer}


def plan(call: Watched, supervisor: str, phone: SipPhone, mode: str, version: int) -> CallPlan:
    """Return what is wanted of a call in a mode; ``nothing``: without the supervisor."""
    routes = {Route("customer", "agent"), Route("agent", "customer")}
    if mode != "nothing":
        routes |= {Route("customer", supervisor), Route("agent", supervisor)}
    if mode in ("coach", "barge"):
        routes.add(Route(supervisor, "agent"))
    if mode == "barge":
        routes.add(Route(supervisor, "customer"))
    phones = {"customer": PbxPhone(call.customer), "agent": PbxPhone(call.agent)}
    more = {} if mode == "nothing" else {supervisor: phone}
    return CallPlan(version, {**phones, **more}, frozenset(routes))
