"""``SIDELINE_VOICE=asterisk make run``: bots at real telephones, supervised in a browser, gone without a trace."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sideline.entry.seed_people import PASSWORD, USERS, email_of
from sideline.people.sign_in.authentication import CSRF_COOKIE, CSRF_HEADER
from sideline.voice.webrtc.sound import tone
from tests.asterisk.listening import spell
from tests.entry.house import House, wait_gone
from tests.support.server import browser
from tests.support.sound import HERTZ
from tests.support.voice_stack import PATIENCE, Person, until

COMMAND = (sys.executable, "tools/run_on_lab.py")
BOTS = {user.name for user in USERS if user.is_bot}

AUDIBLE = 0.01
"""Root of the mean square in which a voice is heard; the silence of a line is nothing at all."""
SPELLS = 10

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sideline-run-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def house(var: Path, asterisk_root: Path) -> AsyncIterator[House]:
    """The command of ``make run``, from when it has said where to go."""
    env = {"SIDELINE_VOICE": "asterisk", "SIDELINE_LOOPBACK_ONLY": "1", "SIDELINE_LAB": "debootstrap"}
    house = House(var, command=COMMAND, env=env)
    try:
        yield await house.up()
    finally:
        await house.tear_down()


async def sofia(house: House) -> Person:
    """Sign in as the demo's supervisor, with a browser-like phone that is connected."""
    http = browser(f"http://127.0.0.1:{house.port}")
    http.timeout = PATIENCE
    credentials = {"email": email_of("supervisor"), "password": PASSWORD}
    signed_in = await http.post("/api/sign-in", json=credentials)
    assert signed_in.is_success, signed_in.text
    http.headers[CSRF_HEADER] = http.cookies[CSRF_COOKIE]
    user = (await http.get("/api/me")).json()["user"]
    person = Person(user["id"], user["name"], http, tone(HERTZ["sara"]))
    await person.connect()
    return person


async def bots_talk(supervisor: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a call on which a bot talks with a customer and may be monitored, once there is one, and the bot."""
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []

    async def there() -> bool:
        for row in (await supervisor.ask("GET", "/api/interactions?state=live"))["items"]:
            call = await supervisor.ask("GET", f"/api/interactions/{row['id']}")
            agents = [each for each in call["participants"] if each["purpose"] == "agent" and each["state"] == "joined"]
            for agent in agents if call["state"] == "talking" else []:
                if call["targets"].get(agent["id"], {}).get("monitor", {}).get("allowed"):
                    found.append((call, agent))
        return bool(found)

    await until(there)
    return found[0]


async def heard(supervisor: Person) -> None:
    """Return once voices were heard: people pause, so not every spell has them."""
    loudest = 0.0
    for _ in range(SPELLS):
        sound = supervisor.heard(*await spell(2.0))
        loudest = max(loudest, *(float(np.sqrt(np.mean(part**2))) for part in np.array_split(sound, 20)))
        if loudest > AUDIBLE:
            return
    raise AssertionError(f"nobody was heard: the loudest tenth of a second had {loudest:.4f}")


async def test_bots_talk_on_telephones_and_the_supervisor_hears_them_in_the_browser(house: House) -> None:
    assert any(line.startswith("✓ Asterisk and its telephones") for line in house.lines)
    assert any(line.startswith("✓ Demo agents") for line in house.lines), "they are at telephones, not in browsers"
    supervisor = await sofia(house)
    try:
        call, agent = await bots_talk(supervisor)
        assert agent["name"] in BOTS
        assert call["phone_number"].startswith("+44")
        assert call["queue"]["name"] in {"Orders", "Deliveries"}
        body = {"interaction_id": call["id"], "target_participant_id": agent["id"], "mode": "monitor"}
        await supervisor.ask("POST", "/api/engagements", **body)

        async def is_active() -> bool:
            mine = await supervisor.mine()
            assert mine is not None, "the engagement ended before it began"
            return mine["state"] == "active"

        await until(is_active)
        await heard(supervisor)
    finally:
        await supervisor.close()


async def test_ctrl_c_leaves_no_process_and_no_port(house: House) -> None:
    started = descendants(house.pid)
    ports = listening(started)
    assert {"asterisk", "baresip"} <= {name_of(pid) for pid in started}
    assert ports

    house.ctrl_c()

    assert await house.ended() == 0
    assert house.lines[-1] == "Stopped."
    assert all(wait_gone(pid, 0) for pid in started)
    assert not ports & listening(None)


async def test_kill_9_of_the_command_takes_everything_along(house: House) -> None:
    started = descendants(house.pid)

    os.kill(house.pid, signal.SIGKILL)
    await house.ended()

    assert all([await asyncio.to_thread(wait_gone, pid) for pid in started])


async def test_an_asterisk_that_ends_is_started_again(house: House) -> None:
    asterisk = next(pid for pid in descendants(house.pid) if name_of(pid) == "asterisk")

    os.kill(asterisk, signal.SIGKILL)
    await house.line("The laboratory's Asterisk ended; starting it again")

    supervisor = await sofia(house)
    try:
        await bots_talk(supervisor)
    finally:
        await supervisor.close()


def descendants(pid: int) -> set[int]:
    """Return the processes that this one and its children started."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It has just ended.
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        mine = children.get(waiting.pop(), [])
        found.update(mine)
        waiting += mine
    return found


def name_of(pid: int) -> str:
    """Return what a process is called."""
    return (Path("/proc") / str(pid) / "comm").read_text().strip()


def listening(pids: set[int] | None) -> set[tuple[str, str]]:
    """Return the sockets, by protocol and local address, that these processes (or any) are bound to."""
    inodes = {inode for pid in pids for inode in _sockets_of(pid)} if pids is not None else None
    found: set[tuple[str, str]] = set()
    for table in ("udp", "tcp"):
        for line in (Path("/proc/net") / table).read_text().splitlines()[1:]:
            fields = line.split()
            is_open = table == "udp" or fields[3] == "0A"
            if is_open and (inodes is None or fields[9] in inodes):
                found.add((table, fields[1]))
    return found


def _sockets_of(pid: int) -> Iterator[str]:
    for descriptor in (Path("/proc") / str(pid) / "fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").rstrip("]")
