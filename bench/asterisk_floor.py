"""A floor of many calls on a real Asterisk for a bench: a crowd of cheap telephones, and an ear at what they get."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx
import numpy as np

from bench.asterisk_crowd import HERTZ, CrowdHandle, crowd, rtp_port
from bench.asterisk_rooms import PATIENCE, laboratory
from bench.sound_change import PRESENT, amplitude
from tests.support.asterisk_lab import AsteriskLab
from tests.support.loopback_ear import EAR, Datagram
from tests.support.ports import PortRange
from tests.support.rtp_recording import LINE_RATE, RtpRecording

FRAME = 0.02
NOTABLE = 0.03
"""Seconds between two packets from which a gap is kept: a frame came half a frame late."""
HEARD = 20
"""Calls whose parties are listened to: a sample, for an ear in Python can't take what reaches hundreds."""
A_SECOND = 12
"""New calls a second."""

SPIES = """
[spies]
exten => _[a-z].,1,ChanSpy(PJSIP/${EXTEN}-,qE)
 same => n,Hangup()
[whispers]
exten => _[a-z].,1,ChanSpy(PJSIP/${EXTEN}-,qEw)
 same => n,Hangup()
"""


class Floor:
    """Calls ``c0`` ↔ ``a0``, ``c1`` ↔ ``a1``, …, and supervisors' telephones ``s0``, …"""

    def __init__(self, lab: AsteriskLab, people: CrowdHandle, first_rtp: int, size: int) -> None:
        self.lab, self.crowd, self.size = lab, people, size
        self.calls = 0
        self._first_rtp = first_rtp
        self._http = httpx.AsyncClient(
            base_url=lab.ari_base, auth=httpx.BasicAuth(*_user(lab.ari_url)), trust_env=False, timeout=10
        )

    @property
    def parties(self) -> tuple[range, range]:
        """The RTP ports of the first calls' customers and agents."""
        count = 2 * min(HEARD, self.calls)
        customers, agents = (rtp_port(name, self._first_rtp, self.size) for name in ("c0", "a0"))
        return range(customers, customers + count), range(agents, agents + count)

    async def grow(self, calls: int) -> None:
        """Have so many calls; return once all of them are two in a bridge."""
        for number in range(self.calls, calls):
            await self._originate(f"PJSIP/c{number}@trunk", "from-internal", f"a{number}")
            await asyncio.sleep(1 / A_SECOND)
        self.calls = calls
        await self.until(lambda bridges: sum(len(each["channels"]) == 2 for each in bridges) >= calls)

    async def renew(self, number: int) -> None:
        """End a call, and begin it again."""
        for channel in await self._channels(f"PJSIP/a{number}-"):
            await self._http.delete(f"/channels/{channel}")
        await self._originate(f"PJSIP/c{number}@trunk", "from-internal", f"a{number}")

    async def spy(self, numbers: Sequence[int], *, whispers: bool = False) -> None:
        """Let the supervisors' telephones spy on these calls' agents, by Asterisk's own ChanSpy."""
        for number in numbers:
            await self._originate(f"PJSIP/s{number}", "whispers" if whispers else "spies", f"a{number}")
            await asyncio.sleep(1 / A_SECOND)

    async def no_spies(self) -> None:
        """Hang the supervisors' telephones up."""
        for channel in await self._channels("PJSIP/s"):
            await self._http.delete(f"/channels/{channel}")

    async def look(self) -> tuple[int, int]:
        """Read all channels and bridges, as whoever reconciles must; return how many there are."""
        bridges, channels = (await self._http.get("/bridges")).content, (await self._http.get("/channels")).content
        return len(json.loads(channels)), len(json.loads(bridges))

    async def until(self, is_so: Any) -> None:
        """Return once Asterisk's bridges are so."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if is_so((await self._http.get("/bridges")).json()):
                    return
                await asyncio.sleep(0.2)

    async def hear(self, numbers: Sequence[int], seconds: float = 1.0) -> dict[str, Any]:
        """Return how many of these supervisors hear both parties now, all the time."""
        ears = {rtp_port(f"s{number}", self._first_rtp, self.size): RtpRecording() for number in numbers}
        for port, recording in ears.items():
            EAR.listen(range(port, port + 1), recording.take)
        await asyncio.sleep(seconds)
        for port in ears:
            EAR.leave(range(port, port + 1))
        shares = [_share(recording, (HERTZ["c"], HERTZ["a"])) for recording in ears.values()]
        return {
            "supervisors": len(shares),
            "hear_both": sum(share > 0.97 for share in shares),
            "packets_a_second": round(sum(len(each.packets) for each in ears.values()) / seconds / len(ears), 1),
        }

    async def close(self) -> None:
        """Leave the connections."""
        await self._http.aclose()

    async def _originate(self, endpoint: str, context: str, extension: str) -> None:
        query = {"endpoint": endpoint, "context": context, "extension": extension, "priority": "1", "timeout": "30"}
        answer = await self._http.post("/channels", params=query)
        assert answer.is_success, answer.text

    async def _channels(self, beginning: str) -> list[str]:
        channels = (await self._http.get("/channels")).json()
        return [each["id"] for each in channels if each["name"].startswith(beginning)]


@asynccontextmanager
async def floor(size: int, talking: int | None = None) -> AsyncIterator[Floor]:
    """Lend a floor that has room for so many calls, each with a supervisor; on the first ``talking`` there is sound."""
    ports = PortRange(10 + 6 * size)
    sip, rtp = ports.first, ports.first + 10
    names = [f"{kind}{number}" for kind in "as" for number in range(size)]
    words = {"phones": (), "outside": (), "queues": {}, "calls": size, "dialplan": SPIES}
    try:
        async with (
            crowd(sip, rtp, size, size if talking is None else talking) as people,
            laboratory(**words, elsewhere=names, elsewhere_port=sip) as lab,
        ):
            made = Floor(lab, people, rtp, size)
            try:
                yield made
            finally:
                await made.close()
    finally:
        ports.release()


class Gaps:
    """What reaches the telephones at some ports: packets, and times without one."""

    def __init__(self, ports: Sequence[range]) -> None:
        self._ports = ports
        self._last: dict[int, float] = {}
        self._gaps: list[float] = []
        self._ends: list[float] = []
        self._count = 0

    def __enter__(self) -> "Gaps":
        for each in self._ports:
            EAR.listen(each, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._ports:
            EAR.leave(each)

    def _take(self, datagram: Datagram) -> None:
        port = datagram.port
        if port % 2 or len(datagram.payload) <= 12:
            return  # RTCP goes to the odd ones.
        self._count += 1
        gap = datagram.at - self._last.get(port, datagram.at)
        self._last[port] = datagram.at
        if gap > NOTABLE:
            self._gaps.append(gap)
            self._ends.append(datagram.at)

    def figures(self, seconds: float) -> dict[str, Any]:
        """Return the figures of so many seconds."""
        parties = len(self._last)
        gaps = np.asarray(self._gaps or [0.0]) * 1000
        return {
            "parties": parties,
            "packets_a_party_a_second": round(self._count / seconds / max(1, parties), 2),
            "longest_gap_ms": round(float(gaps.max()), 1),
            "over_40_ms_a_party_a_minute": round(float((gaps > 40).sum()) * 60 / seconds / max(1, parties), 3),
            "over_60_ms": int((gaps > 60).sum()),
            "over_100_ms": int((gaps > 100).sum()),
            "moments_over_60_ms": _moments(at for at, gap in zip(self._ends, self._gaps, strict=True) if gap > 0.06),
        }


def _moments(times: Iterable[float]) -> int:
    """Return in how many separate moments something happened: what strikes all calls at once counts once."""
    ordered = sorted(times)
    return sum(after - before > 0.25 for before, after in pairwise([float("-inf"), *ordered]))


def _share(recording: RtpRecording, hertz: Sequence[int]) -> float:
    heard = [all(amplitude(p.sound, each, LINE_RATE) > PRESENT for each in hertz) for p in recording.packets]
    return sum(heard) / len(heard) if heard else 0.0


def _user(url: str) -> tuple[str, str]:
    name, _, password = url.partition("//")[2].partition("@")[0].partition(":")
    return name, password
