"""Supervisors' phones: rung once, put into a bridge of their own, kept alive, taken down."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

import structlog

from sideline.kit.pauses import pause
from sideline.voice.asterisk.client import AriAway, AriError
from sideline.voice.asterisk.hands import KEEP_SECONDS, Hands
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.asterisk.phones import outcome, ringing
from sideline.voice.asterisk.rigs import RigBook, StandingRig
from sideline.voice.asterisk.wire import Event
from sideline.voice.engine import (
    BrowserPhone,
    CallId,
    EngineFact,
    LegId,
    NumberPhone,
    PbxPhone,
    Phone,
    PhoneChanged,
    PhoneOutcome,
    SipPhone,
)

BEAT_SECONDS = 1.3
"""How often what we made is told to live on; two beats may be missed."""

KEEP_REQUEST_SECONDS = 1.0
"""How long one channel's beat may take before it is told once more."""

MOST_TRIES = 3
"""How often in one beat a channel is told to live on; after that it does not, or soon is told again."""

BEATS_AT_ONCE = 8

_log = structlog.get_logger()


class OpenMedia(Protocol):
    """A browser's leg that is plugged into a channel of the PBX."""

    async def close(self) -> None:
        """Unplug it; the channel ends."""
        ...


OpenBrowser = Callable[[LegId, str, Callable[[str], None]], Coroutine[Any, Any, OpenMedia]]
"""Plug a browser's leg into a new channel of this id; the callback tells that it ended. Raises AriError."""


class Legs:
    """The phones of all rigs of one PBX."""

    def __init__(
        self,
        hands: Hands,
        rigs: RigBook,
        options: AsteriskOptions,
        tell: Callable[[EngineFact], None],
        open_browser: OpenBrowser,
    ) -> None:
        self._hands = hands
        self._rigs = rigs
        self._options = options
        self._tell = tell
        self._open_browser = open_browser
        self._media: dict[str, OpenMedia] = {}
        self._calls: dict[str, CallId] = {}
        self._told: set[str] = set()
        self._dialstatus: dict[str, str] = {}
        self._beating: set[str] = set()
        self._slots = asyncio.Semaphore(BEATS_AT_ONCE)

    async def bring(self, call: CallId, rig: StandingRig, phone: Phone) -> None:
        """Have the phone rung, or what is up already put into the bridge; tell once that it was answered."""
        self._calls[rig.supervisor] = call
        if rig.phone is not None and rig.phone != phone:
            await self.take_down(rig)
            rig = self._rigs.rig(rig.supervisor)
            self._calls[rig.supervisor] = call
        was_claimed, rig.phone = rig.is_claimed, phone
        if not was_claimed:
            # An earlier life was the last to tell it to live on.
            await self._keep_all([] if rig.has_customer else rig.channels)
        if rig.is_given_up or isinstance(phone, PbxPhone):
            return
        if not rig.has_bridge:
            await self._hands.make_bridge(rig.bridge)
            rig.has_bridge = True
        if not rig.leg:
            if any(other.phone == phone and other.supervisor > rig.supervisor for other in self._rigs):
                # A phone belongs to the youngest engagement; this one is about to end.
                return
            await self._leave_older(rig, phone)
            await self._ring(rig, phone)
        if rig.leg and rig.is_up and not rig.is_in:
            await self._hands.keep(rig.leg)
            rig.kept_at = asyncio.get_running_loop().time()
            await self._hands.put_in(rig.bridge, rig.leg)
            rig.is_in = True
        if rig.is_in and rig.leg not in self._told and not isinstance(phone, BrowserPhone):
            self._told.add(rig.leg)
            self._tell(PhoneChanged(call, rig.supervisor, PhoneOutcome.ANSWERED))

    async def take_down(self, rig: StandingRig) -> None:
        """Hang up the phone, and take away everything that stands for this supervisor.

        Of a rig that could not be taken down wholly, since the PBX is away, the
        rest is in the book still; nothing of it is told to live on.
        """
        rig.is_given_up = True
        self._calls.pop(rig.supervisor, None)
        self._told.discard(rig.leg)
        for placed in rig.placed:
            await self._hands.delete(placed.id)
        media = self._media.pop(rig.leg, None)
        if media is not None:
            await media.close()
        if rig.leg:
            await self._hands.delete(rig.leg)
        if rig.has_bridge:
            await self._hands.delete_bridge(rig.bridge)
        self._rigs.drop(rig.supervisor)

    async def _leave_older(self, rig: StandingRig, phone: Phone) -> None:
        """End the rig of an older engagement with the same phone: a phone belongs to the youngest."""
        for other in self._rigs:
            if other is not rig and other.phone == phone and other.supervisor < rig.supervisor:
                await self.take_down(other)

    async def _ring(self, rig: StandingRig, phone: Phone) -> None:
        leg = self._rigs.names.leg(rig.supervisor, self._rigs.serials(1))
        if isinstance(phone, BrowserPhone):
            await self._plug_in(rig, leg, phone.leg_id)
            return
        assert isinstance(phone, SipPhone | NumberPhone)
        asked = ringing(phone, leg, self._options)
        if asked is None:
            self._give_up(rig, PhoneOutcome.UNREACHABLE)
            return
        rig.leg = leg
        try:
            await self._hands.ring(asked)
        except AriAway:
            rig.leg = ""
            raise
        except AriError as error:
            _log.warning("phone_not_rung", supervisor=rig.supervisor, reason=str(error))
            rig.leg = ""
            self._give_up(rig, PhoneOutcome.UNREACHABLE)

    async def _plug_in(self, rig: StandingRig, leg: str, browser: LegId) -> None:
        rig.leg = leg
        try:
            opening = self._open_browser(browser, leg, lambda reason: self._unplugged(leg, reason))
            self._media[leg] = await self._hands.arriving(leg, opening)
        except AriAway:
            rig.leg = ""
            raise
        except AriError as error:
            _log.warning("browser_not_plugged_in", supervisor=rig.supervisor, reason=str(error))
            rig.leg = ""
            await self._hands.delete(leg)
            self._give_up(rig, PhoneOutcome.UNREACHABLE)
            return
        rig.is_up = True

    def _unplugged(self, leg: str, reason: str) -> None:
        _log.info("browser_unplugged", leg=leg, reason=reason)
        self._media.pop(leg, None)

    def _give_up(self, rig: StandingRig, became: PhoneOutcome) -> None:
        rig.is_given_up = True
        call = self._calls.get(rig.supervisor)
        if call is not None:
            self._tell(PhoneChanged(call, rig.supervisor, became))

    # -- what events tell

    def dialled(self, event: Event) -> None:
        """Note how far the PBX got with ringing one of ours."""
        if event.peer is not None and self._rigs.names.is_leg(event.peer.id) and event.dialstatus:
            self._dialstatus[event.peer.id] = event.dialstatus

    def gone(self, rig: StandingRig, cause: int) -> None:
        """Note that a rig's phone line is gone."""
        was_up, leg, rig.leg = rig.is_up, rig.leg, ""
        rig.is_up = rig.is_in = False
        silence = asyncio.get_running_loop().time() - rig.kept_at
        rig.kept_at, rig.is_for_ever = math.inf, False
        dialstatus = self._dialstatus.pop(leg, "")
        self._told.discard(leg)
        if isinstance(rig.phone, BrowserPhone):
            self._media.pop(leg, None)
            return
        if was_up and silence > KEEP_SECONDS - BEAT_SECONDS:
            # It was not the phone that went: the PBX stood still, and took us for dead.
            _log.warning("phone_not_kept_alive", supervisor=rig.supervisor)
            self.missing(rig)
            return
        self._give_up(rig, outcome(cause, had_answered=was_up, dialstatus=dialstatus))

    def missing(self, rig: StandingRig) -> None:
        """Note that a phone that was up is not there any more, for a reason that is not its own.

        One that answers by itself, and a browser, are connected once more.
        """
        is_easy = isinstance(rig.phone, BrowserPhone) or (isinstance(rig.phone, SipPhone) and rig.phone.auto_answer)
        if not is_easy:
            self._give_up(rig, PhoneOutcome.LOST)

    def start_over(self) -> None:
        """Forget what was told: after a new connection everything is told again."""
        self._told.clear()
        self._dialstatus.clear()

    # -- the deadman's beat

    async def keep_alive(self) -> None:
        """Tell everything of ours to live on, until cancelled."""
        async with asyncio.TaskGroup() as beats:
            while True:
                beats.create_task(self.beat(), name="asterisk-one-beat")
                await pause(BEAT_SECONDS)

    async def beat(self) -> None:
        """Tell everything of ours to live on, but for what an earlier life left and no plan has claimed yet."""
        await self._keep_all(each for rig in self._rigs if rig.is_claimed and _may_die(rig) for each in rig.channels)

    async def take_up(self) -> None:
        """Tell what stands to live on after a new connection.

        Phones that an earlier life rang get the time for a plan to claim them;
        their whispers don't, for nobody answers for them.
        """
        await self._keep_all(rig.leg for rig in self._rigs if rig.leg and not rig.is_claimed and _may_die(rig))
        await self.beat()

    async def _keep_all(self, channels: Iterable[str]) -> None:
        """Tell these channels to live on, but for those that are being told: one that hangs holds up no other."""
        await asyncio.gather(*(self._keep(each) for each in channels if each not in self._beating))

    async def _keep(self, channel: str) -> None:
        self._beating.add(channel)
        try:
            for _ in range(MOST_TRIES):
                async with self._slots:
                    if await self._is_kept(channel):
                        return
        except AriError as error:
            _log.info("not_kept_alive", channel=channel, reason=str(error))
        finally:
            self._beating.discard(channel)

    async def _is_kept(self, channel: str) -> bool:
        """Tell a channel to live on, unless it lives without; return False if that took too long. Raises AriError."""
        rig = self._rigs.of_channel(channel)
        if rig is not None and not _may_die(rig):
            return True
        try:
            async with asyncio.timeout(KEEP_REQUEST_SECONDS):
                await self._hands.keep(channel)
        except TimeoutError:
            _log.info("kept_alive_late", channel=channel)
            return False
        # The book may have been read anew meanwhile.
        rig = self._rigs.of_channel(channel)
        if rig is not None and rig.leg == channel:
            if rig.is_for_ever or rig.has_customer:
                # It became so meanwhile, and which of the two was heard last can't be told.
                await self._hands.keep(channel, 0)
            else:
                rig.kept_at = asyncio.get_running_loop().time()
        return True


def _may_die(rig: StandingRig) -> bool:
    """Return whether what stands lives only as long as it is told to, and is to be told so."""
    return not (rig.has_customer or rig.is_for_ever or rig.is_given_up)
