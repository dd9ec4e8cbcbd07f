"""When a watch of the PBX's calls tells what it saw: of who goes without a word it waits for the word."""

import asyncio
from collections.abc import Callable

from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.watch import LONGEST_BURST_SECONDS, LONGEST_DOUBT_SECONDS, CallWatch
from sideline.voice.asterisk.wire import Event
from sideline.voice.engine import EngineFact, PbxCall, PbxCallGone, PbxCallSeen
from tests.support.pbx_recordings import read_recording

AGENT, COLLEAGUE = "1001", "1002"


class Told:
    """A watch, and the calls that it has told."""

    def __init__(self) -> None:
        self.calls: list[PbxCall] = []
        self.gone: list[PbxCallGone] = []
        self._news = asyncio.Event()
        self.watch = CallWatch(Names(), self._fact, lambda _: None, lambda _: None)
        self.watch.know(frozenset({AGENT, COLLEAGUE}))
        self.watch.begin([], [])

    def _fact(self, fact: EngineFact) -> None:
        if isinstance(fact, PbxCallSeen):
            self.calls.append(fact.call)
            self._news.set()
        elif isinstance(fact, PbxCallGone):
            self.gone.append(fact)
            self._news.set()

    async def over(self) -> PbxCallGone:
        """Return the end of the first call that is over."""
        async with asyncio.timeout(10):
            while not self.gone:
                self._news.clear()
                await self._news.wait()
        return self.gone[0]

    async def call(self, is_wanted: Callable[[set[str]], bool]) -> PbxCall:
        """Return the call once it is told with those whom ``is_wanted``."""
        async with asyncio.timeout(10):
            while not self.calls or not is_wanted({party.endpoint for party in self.calls[-1].parties}):
                self._news.clear()
                await self._news.wait()
        return self.calls[-1]


async def transferred(told: Told) -> tuple[Event, float]:
    """Let an agent who consults give the customer away, all but told; return what was not, and when that was."""
    events: list[Event] = []
    late: Event | None = None
    for line in read_recording("attended_transfer"):
        if isinstance(line, Event) and line.type == "BridgeAttendedTransfer":
            late = line
        elif isinstance(line, Event):
            events.append(line)
        elif line.point == "consulting":
            for event in events:
                told.watch.event(event)
            await told.call(lambda people: people >= {AGENT, COLLEAGUE})
            events.clear()
        elif line.point == "transferred":
            break
    for event in events:
        told.watch.event(event)
    assert late is not None
    return late, asyncio.get_running_loop().time()


def after(seconds: float) -> asyncio.Event:
    """Return what is set once so much time has passed."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    return passed


async def test_agent_who_goes_by_a_transfer_that_is_told_late_is_told_with_it() -> None:
    told = Told()
    late, _ = await transferred(told)
    before = len(told.calls)
    await after(2 * LONGEST_BURST_SECONDS).wait()
    assert len(told.calls) == before, "nothing is said of them before it is known"
    told.watch.event(late)
    call = await told.call(lambda people: AGENT not in people)
    assert call.transferred_by in {party.id for party in told.calls[before - 1].parties if party.endpoint == AGENT}


async def test_agent_who_goes_without_a_word_is_told_to_have_left_in_the_end() -> None:
    told = Told()
    _, gone_at = await transferred(told)
    call = await told.call(lambda people: AGENT not in people)
    assert call.transferred_by == ""
    assert asyncio.get_running_loop().time() - gone_at >= LONGEST_DOUBT_SECONDS - LONGEST_BURST_SECONDS


def played(told: Told, name: str, *, until: str = "", since: str = "") -> None:
    """Let the events of a recording happen, after one point and up to another."""
    is_on = not since
    for line in read_recording(name):
        if isinstance(line, Event):
            if is_on:
                told.watch.event(line)
        elif line.point == until:
            return
        else:
            is_on = is_on or line.point == since


async def test_trunk_that_somebody_enters_as_their_phone_hides_no_call_that_is_told() -> None:
    told = Told()
    played(told, "inbound", until="talking")
    call = await told.call(lambda people: AGENT in people)
    trunk = next(party.endpoint for party in call.parties if party.id == call.customer)
    told.watch.know(frozenset({AGENT, COLLEAGUE, trunk}))
    await after(2 * LONGEST_BURST_SECONDS).wait()
    assert told.gone == []
    customer = next(party for party in told.calls[-1].parties if party.id == call.customer)
    assert not customer.is_internal


async def test_what_a_variable_tells_in_the_moment_of_the_hang_up_is_told_with_the_end() -> None:
    told = Told()
    played(told, "inbound", until="talking")
    call = await told.call(lambda people: AGENT in people)
    told.watch.note_data(call.id, {"result_code": "SALE"}, told.watch.moment())
    played(told, "inbound", since="talking")
    over = await told.over()
    assert (over.call_id, over.call and over.call.result_code) == (call.id, "SALE")
    told.watch.note_data(call.id, {"result_code": "NONE"}, told.watch.moment())
    assert told.calls[-1].result_code == "", "it was not told before"
