"""Requests that hang, are refused or answered late: no whisper lives on by them, and no phone dies of them."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from sideline.voice.asterisk.client import AriAway, AriClient, AriError
from sideline.voice.asterisk.effects import Placed, Side, Snoop
from sideline.voice.asterisk.hands import KEEP_SECONDS, Hands
from sideline.voice.asterisk.legs import Legs, OpenMedia
from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.asterisk.rigs import RigBook, StandingRig
from sideline.voice.engine import LegId, SipPhone
from tests.support.scripted_ari import ScriptedAri, scripted_ari

ANN, BOB = "sideline.l.ann.0", "sideline.l.bob.1"
WHISPER = Placed("sideline.s.ann.2.none.out", Snoop("1795707140.5", Side.NONE, Side.OUT), is_in=True)


class House:
    """Supervisors' phones on an ARI that does as it is told."""

    def __init__(self, ari: ScriptedAri, client: AriClient) -> None:
        options = AsteriskOptions()
        self.ari = ari
        self.hands = Hands(client, options)
        self.rigs = RigBook(Names())
        self.legs = Legs(self.hands, self.rigs, options, lambda fact: None, no_browser)

    def connected(self, supervisor: str, leg: str) -> StandingRig:
        """Return the rig of a supervisor whose phone is connected."""
        rig = self.rigs.rig(supervisor)
        rig.phone, rig.leg = SipPhone(f"sip:{supervisor}@127.0.0.1", auto_answer=True), leg
        rig.has_bridge = rig.is_up = rig.is_in = True
        return rig


async def no_browser(leg: LegId, channel: str, ended: Callable[[str], None]) -> OpenMedia:
    raise AssertionError(f"{leg} is no phone of this house")


@asynccontextmanager
async def a_house() -> AsyncIterator[House]:
    async with scripted_ari() as ari, AriClient(ari.address, "sideline") as client:
        yield House(ari, client)


async def test_a_channel_whose_beat_hangs_holds_up_no_other_and_is_told_again() -> None:
    async with a_house() as house:
        house.connected("ann", ANN)
        house.connected("bob", BOB)
        house.ari.hang_on(ANN)
        beats = asyncio.create_task(house.legs.keep_alive())
        await house.ari.heard(BOB, count=3, within=KEEP_SECONDS)
        await house.ari.heard(ANN, count=3, within=KEEP_SECONDS)
        beats.cancel()
        await asyncio.wait({beats})


async def test_a_beat_that_is_under_way_when_a_phone_becomes_all_that_a_customer_has_lets_it_live_for_ever() -> None:
    async with a_house() as house:
        rig = house.connected("ann", ANN)
        answered = house.ari.hang_on(f"{ANN}/variable 4")
        beat = asyncio.create_task(house.legs.beat())
        await house.ari.heard(ANN)
        rig.is_for_ever, rig.kept_at = True, math.inf
        await house.hands.keep(ANN, 0)
        answered.set()
        await beat
        assert house.ari.asked[-1] == f"POST /channels/{ANN}/variable 0"
        assert rig.kept_at == math.inf
        told = len(house.ari.asked)
        await house.legs.beat()
        assert len(house.ari.asked) == told


async def test_what_could_not_be_taken_down_is_told_to_live_on_no_more_and_is_taken_down_later() -> None:
    async with a_house() as house:
        rig = house.connected("ann", ANN)
        rig.placed = [WHISPER]
        house.ari.refuse(f"DELETE /channels/{ANN}")
        with pytest.raises(AriError):
            await house.legs.take_down(rig)
        house.ari.relent()
        told = len(house.ari.asked)
        await house.legs.beat()
        assert len(house.ari.asked) == told
        assert house.rigs.get("ann") is rig
        await house.legs.take_down(rig)
        assert house.rigs.get("ann") is None
        assert house.ari.asked[-2:] == [f"DELETE /channels/{ANN}", f"DELETE /bridges/{rig.bridge}"]


async def test_a_whisper_that_was_asked_for_in_vain_as_it_seemed_is_taken_away() -> None:
    async with a_house() as house:
        house.ari.hang_on("/snoop/")
        with pytest.raises(AriAway):
            await house.hands.snoop(WHISPER)
        assert house.ari.asked[-1] == f"DELETE /channels/{WHISPER.id}"


async def test_a_whisper_that_is_asked_for_while_the_engine_closes_is_taken_away() -> None:
    async with a_house() as house:
        house.ari.hang_on("/snoop/")
        making = asyncio.create_task(house.hands.snoop(WHISPER))
        await house.ari.heard("/snoop/")
        making.cancel()
        await asyncio.wait({making})
        assert making.cancelled()
        assert house.ari.asked[-1] == f"DELETE /channels/{WHISPER.id}"
