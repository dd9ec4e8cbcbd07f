"""The laboratory itself: a real Asterisk, real telephones, and what they hear."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from sideline.rules.audibility import MUSIC
from tests.asterisk.listening import all_hear, spell
from tests.support.asterisk_config import PASSWORD, USER
from tests.support.asterisk_lab import AsteriskFailed, AsteriskLab
from tests.support.sip_phones import Answers, SipPhone
from tests.support.sound import HERTZ

CHECKOUT = Path(__file__).resolve().parents[2]
OUTSIDE, MOBILE = "+4930111", "+4930222"


@pytest.fixture
async def lab(asterisk_root: Path) -> AsyncIterator[AsteriskLab]:
    members = {"sales": ("1001",), "support": ("Local/1001@from-internal",)}
    async with AsteriskLab(
        asterisk_root,
        phones=("1001", "1002", "1003"),
        outside=(OUTSIDE, MOBILE),
        unregistered=("1009",),
        queues=members,
    ) as lab:
        yield lab


async def agent_and_customer(lab: AsteriskLab, to: str = "1001") -> tuple[SipPhone, SipPhone]:
    """Return an agent's telephone and one outside, which has called ``to`` and been answered."""
    agent = await lab.phone("1001", HERTZ["agent"])
    customer = await lab.phone(OUTSIDE, HERTZ["customer"])
    await customer.dial(to)
    await connected(agent, customer)
    return agent, customer


async def connected(*phones: SipPhone) -> None:
    """Return once telephones of one call are answered and connected: a little later, and before that a hold is lost."""
    await asyncio.gather(*(phone.established() for phone in phones))
    await asyncio.gather(*(phone.sound() for phone in phones))


async def test_two_telephones_that_talk_hear_each_other_and_nobody_else(lab: AsteriskLab) -> None:
    agent = await lab.phone("1001", HERTZ["agent"])
    colleague = await lab.phone("1002", HERTZ["colleague"])
    idle = await lab.phone("1003", HERTZ["tom"])
    await agent.dial("1002")
    await connected(agent, colleague)
    assert await all_hear(agent, colleague, idle) == [{"colleague"}, {"agent"}, set()]


async def test_a_customer_on_hold_hears_music_and_the_agent_hears_nothing(lab: AsteriskLab) -> None:
    agent, customer = await agent_and_customer(lab)
    await agent.hold()
    assert await all_hear(agent, customer) == [set(), {MUSIC}]
    await agent.resume()
    assert await all_hear(agent, customer) == [{"customer"}, {"agent"}]


async def test_a_muted_telephone_is_not_heard(lab: AsteriskLab) -> None:
    agent, customer = await agent_and_customer(lab)
    await agent.mute()
    assert await all_hear(agent, customer) == [{"customer"}, set()]


@pytest.mark.parametrize("queue", ["sales", "support"])
async def test_a_call_to_a_queue_reaches_its_member(lab: AsteriskLab, queue: str) -> None:
    agent, customer = await agent_and_customer(lab, queue)
    assert await all_hear(agent, customer) == [{"customer"}, {"agent"}]
    assert "Queue" in await lab.console("core show channels concise")


@pytest.mark.parametrize("number", [OUTSIDE, MOBILE])
async def test_a_number_outside_is_dialled_by_the_trunk(lab: AsteriskLab, number: str) -> None:
    agent = await lab.phone("1001", HERTZ["agent"])
    customer = await lab.phone(number, HERTZ["customer"], answers=Answers.MANUAL)
    await agent.dial(number)
    await customer.incoming()
    await customer.answer()
    await connected(agent, customer)
    assert await all_hear(agent, customer) == [{"customer"}, {"agent"}]
    assert "PJSIP/trunk-" in await lab.console("core show channels concise")


async def test_a_call_is_transferred_blindly(lab: AsteriskLab) -> None:
    agent, customer = await agent_and_customer(lab, "sales")
    colleague = await lab.phone("1002", HERTZ["colleague"])
    await agent.transfer("1002")
    await asyncio.gather(agent.closed(), colleague.established())
    assert await all_hear(agent, customer, colleague) == [set(), {"colleague"}, {"customer"}]


async def test_a_call_is_transferred_after_a_consultation(lab: AsteriskLab) -> None:
    agent, customer = await agent_and_customer(lab)
    colleague = await lab.phone("1002", HERTZ["colleague"])
    first = agent.events[-1].call_id
    await agent.hold()
    await agent.dial("1002")
    consult = await agent.established()
    await connected(colleague)
    assert await all_hear(agent, customer, colleague) == [{"colleague"}, {MUSIC}, {"agent"}]
    await agent.transfer_attended(first, consult.call_id)
    await asyncio.gather(agent.closed(), agent.closed())
    assert await all_hear(agent, customer, colleague) == [set(), {"colleague"}, {"customer"}]


async def test_a_running_call_has_no_gaps_and_a_killed_telephone_falls_silent(lab: AsteriskLab) -> None:
    agent, customer = await agent_and_customer(lab)
    await spell(0.2)
    start, end = await spell()
    assert max(agent.gaps(start, end), customer.gaps(start, end)) <= 0.06
    await agent.kill()
    assert await all_hear(customer) == [set()]
    start, end = await spell()
    assert customer.gaps(start, end) == end - start
    assert not [event for event in customer.events if event.kind == "CALL_CLOSED"]


async def test_telephones_are_busy_refuse_ring_in_vain_or_cannot_be_reached(lab: AsteriskLab) -> None:
    agent = await lab.phone("1001", HERTZ["agent"])
    busy = await lab.phone("1002", answers=Answers.BUSY)
    refusal = await lab.refusal("1003")
    for name, reason in (
        ("1002", "486 Busy Here"),
        ("1003", "403 Forbidden"),
        ("1009", "404 Not Found"),
        ("+49", "404 Not Found"),
    ):
        await agent.dial(name)
        assert (await agent.closed()).reason == reason
    await busy.close()
    assert refusal.calls == 1
    ringing = await lab.phone("1002", answers=Answers.MANUAL)
    await agent.dial("1002")
    await ringing.incoming()
    await agent.hangup()
    await asyncio.gather(agent.closed(), ringing.closed())


async def test_an_asterisk_that_was_killed_comes_back_without_its_calls(lab: AsteriskLab) -> None:
    agent, customer = await agent_and_customer(lab)
    await lab.kill()
    assert await all_hear(agent, customer) == [set(), set()]
    await lab.start()
    assert "0 active calls" in await lab.console("core show calls")
    await asyncio.gather(agent.hangup(), customer.hangup())
    await asyncio.gather(agent.closed(), customer.closed())
    await customer.dial("1001")
    await connected(agent, customer)
    assert await all_hear(agent, customer) == [{"customer"}, {"agent"}]


async def test_an_asterisk_that_is_restarted_hangs_its_calls_up(lab: AsteriskLab) -> None:
    agent, customer = await agent_and_customer(lab)
    await lab.restart()
    await asyncio.gather(agent.closed(), customer.closed())


async def test_two_laboratories_know_nothing_of_each_other_and_leave_nothing_behind(asterisk_root: Path) -> None:
    async with AsteriskLab(asterisk_root) as here, AsteriskLab(asterisk_root) as there:
        ours, theirs = await here.phone("1001", HERTZ["agent"]), await there.phone("1001", HERTZ["tom"])
        caller = await here.phone("1002", HERTZ["colleague"])
        await caller.dial("1001")
        await connected(ours, caller)
        assert await all_hear(ours, caller, theirs) == [{"colleague"}, {"agent"}, set()]
        assert "0 active calls" in await there.console("core show calls")
        pids = [here.pid, there.pid, ours.pid, theirs.pid, caller.pid]
        traces = [here.folder, there.folder, *(Path("/proc") / str(pid) for pid in pids)]
        assert left_of(traces) == traces
    assert left_of(traces) == []


async def test_everything_ends_with_the_process_that_started_it_and_the_next_one_clears_up(asterisk_root: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path; from tests.support.asterisk_lab import AsteriskLab\n"
        "async def main():\n"
        "    lab = AsteriskLab(Path(sys.argv[1])); await lab.start(); phone = await lab.phone('1001')\n"
        "    print(lab.pid, phone.pid, lab.folder, flush=True); await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    env = {**os.environ, "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'src'}"}
    words = (sys.executable, "-c", script, asterisk_root)
    process = await asyncio.create_subprocess_exec(*words, env=env, stdout=subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        asterisk, phone, folder = (await process.stdout.readline()).decode().split()
    ends = [os.pidfd_open(int(pid)) for pid in (asterisk, phone)]
    process.kill()
    await process.wait()
    for end in ends:
        await readable(end, within=5)
        os.close(end)
    async with AsteriskLab(asterisk_root):
        assert left_of([Path(folder)]) == []


async def test_the_sample_user_without_a_password_of_ones_own_is_refused(lab: AsteriskLab) -> None:
    await lab.stop()
    path = lab.folder / "etc" / "ari.conf"
    path.write_text(path.read_text().replace(f"password = {PASSWORD}", ""))
    with pytest.raises(AsteriskFailed, match="ARI answered 401"):
        await lab.start()
    assert "sideline: User missing password" in lab.log


async def test_the_sample_dialplan_brings_a_customer_out_of_dial(lab: AsteriskLab) -> None:
    agent, customer = await agent_and_customer(lab)
    async with ari_events(lab) as events, httpx.AsyncClient(trust_env=False, auth=(USER, PASSWORD)) as http:
        channels = (await http.get(f"{lab.ari_base}/channels")).json()
        channel = next(each for each in channels if each["name"].startswith("PJSIP/trunk"))
        began = time.monotonic()
        answer = await http.post(
            f"{lab.ari_base}/channels",
            params={"endpoint": "Local/redir@sideline-ctl/n", "app": "sideline", "timeout": 5},
            json={"variables": {"__SL_CHAN": channel["name"]}},
        )
        assert answer.status_code == 200, answer.text
        start = await event(events, "StasisStart", channel["id"])
        assert start["args"] == ["kick"]
        assert time.monotonic() - began < 1
        await agent.closed()
        await http.post(f"{lab.ari_base}/channels/{channel['id']}/moh")
        assert await all_hear(customer) == [{MUSIC}]


@asynccontextmanager
async def ari_events(lab: AsteriskLab) -> AsyncIterator[ClientConnection]:
    """Connect the application ``sideline``."""
    url = f"{lab.ari_base}/events?app=sideline&api_key={USER}:{PASSWORD}".replace("http", "ws", 1)
    async with connect(url, proxy=None) as connection:
        yield connection


async def event(events: ClientConnection, kind: str, channel: str) -> dict[str, Any]:
    """Return the next event of a kind about a channel."""
    async with asyncio.timeout(5):
        async for text in events:
            told = msgspec.json.decode(text)
            if told["type"] == kind and told["channel"]["id"] == channel:
                return told
    raise AssertionError("the connection ended")


def left_of(paths: list[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]


async def readable(fd: int, within: float) -> None:
    """Return once ``fd`` can be read: for a process's, once that has ended."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fd, done.set)
    try:
        async with asyncio.timeout(within):
            await done.wait()
    finally:
        loop.remove_reader(fd)
