"""A stage for voice engines: scenes are played in real time, then every recording is judged.

The oracle is ``rules.audibility.routes``: a scene is a list of worlds, each
world's routes say who must be heard by whom, and nobody else may be.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sideline.rules.audibility import World, routes
from sideline.voice.engine import CallPlan, CustomerPlace, Phone, VoiceEngine
from tests.support.sound import HERTZ, LOUD, tone_levels, window_span


class Stalls:
    """Notices when this process stands still, as it does on a busy machine.

    All phones and the engine live in one event loop: while it stalls nobody
    speaks, and afterwards everybody speaks at once. What is heard around a
    stall tells nothing about when it was said.
    """

    TICK = 0.01
    BEHIND = 0.04

    def __init__(self) -> None:
        self.spans: list[tuple[float, float]] = []
        self._loop = asyncio.get_running_loop()
        self._due = 0.0
        self._timer = self._loop.call_soon(self._start)

    def _start(self) -> None:
        self._due = self._loop.time() + self.TICK
        self._timer = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        now = self._loop.time()
        if now - self._due > self.BEHIND:
            behind = now - self._due
            self.spans.append((time.monotonic() - behind - self.TICK, time.monotonic()))
        self._start()

    def stop(self) -> None:
        self._timer.cancel()

    async def calm(self, seconds: float, *, at_most: float = 8.0) -> None:
        """Return when the process has run without a stall for so long (or has no hope of it)."""
        start = time.monotonic()
        while True:
            now = time.monotonic()
            since = max([start, *(end for _, end in self.spans[-1:])])
            if now - since >= seconds or now - start >= at_most:
                return
            wake_at = since + seconds
            await asyncio.sleep(wake_at - now)  # house: a recording of so many seconds is the subject
            if time.monotonic() - wake_at > self.BEHIND:  # a stall that the timer is about to notice, too
                self.spans.append((wake_at - self.TICK, time.monotonic()))


class StagePhone(Protocol):
    """A connected phone that plays its owner's tone and records what it hears."""

    @property
    def phone(self) -> Phone: ...

    def heard(self, start: float, end: float) -> NDArray[np.float32]: ...

    async def vanish(self) -> None: ...

    async def come_back(self) -> None: ...


class Stage(Protocol):
    """An engine and its phones. ``settle`` is how long a change may take to be heard everywhere, in seconds."""

    engine: VoiceEngine
    stalls: Stalls
    settle: float
    clarity: float
    """Share of the windows in which a routed tone must be there."""
    faint: float
    """Amplitude above which a tone without a route has leaked."""

    async def phone(self, owner: str) -> StagePhone: ...

    async def arrange(self, call: str, world: World) -> None:
        """Bring those on the call, where they move by themselves (on a PBX), to where ``world`` has them."""
        ...

    def place(self, world: World) -> CustomerPlace:
        """Return whose a PBX's customer is in ``world``."""
        ...

    def is_cut(self, world: World, speaker: str, listener: str) -> bool:
        """Return whether a telephone itself keeps these two apart in ``world``: then nobody need be heard."""
        ...


class Act(NamedTuple):
    """A world that was in force from ``start`` to ``end`` (monotonic seconds)."""

    world: World
    start: float
    end: float
    confirmed: float | None = None
    """When the product said that it is in force, where it did: before that also the world before may be heard."""

    @property
    def begun(self) -> float:
        """From when it is in force, but for what sound takes to settle."""
        return self.start if self.confirmed is None else self.confirmed


class Scene(NamedTuple):
    """What was played: the acts, and everyone's phone."""

    acts: list[Act]
    phones: Mapping[str, StagePhone]


def people(world: World) -> set[str]:
    return {p.id for p in world.parties} | {each.supervisor for each in world.listenings}


async def play(
    stage: Stage, worlds: Sequence[World], *, call: str = "call", phones: Mapping[str, StagePhone] | None = None
) -> Scene:
    """Connect everyone, then make the engine match one world after the other."""
    if phones is None:
        cast = sorted(set().union(*map(people, worlds)))
        phones = dict(zip(cast, await asyncio.gather(*map(stage.phone, cast)), strict=True))
    acts: list[Act] = []
    for version, world in enumerate(worlds, 1):
        if version == 1:
            # How those on a PBX's call got to where the scene begins is no part of it.
            await stage.arrange(call, world)
        start = time.monotonic()
        if version > 1:
            await stage.arrange(call, world)
        await stage.engine.apply(call, plan(stage, version, world, phones))
        await dwell(stage)
        acts.append(Act(world, start, time.monotonic()))
    return Scene(acts, phones)


async def dwell(stage: Stage) -> None:
    """Let the scene go on in real time, long enough to be judged."""
    await stage.stalls.calm(2 * stage.settle + 0.25)


def plan(stage: Stage, version: int, world: World, phones: Mapping[str, StagePhone]) -> CallPlan:
    named = {who: phones[who].phone for who in people(world)}
    return CallPlan(version=version, phones=named, routes=routes(world), place=stage.place(world))


def hearing(world: World, listener: str) -> set[str]:
    """Return whom the rule lets ``listener`` hear."""
    return {route.speaker for route in routes(world) if route.listener == listener}


def complaints(stage: Stage, scene: Scene) -> list[str]:
    """Return everything that is wrong in the recordings of a scene, a sentence each; empty if nothing is.

    At no instant may anyone hear what neither the world before nor the world
    after the nearest change lets them hear; and once a change has settled,
    everyone hears exactly whom the rule says.
    """
    found: list[str] = []
    names = list(HERTZ)
    first, last = scene.acts[0].start, scene.acts[-1].end
    shaken = [(begin - 0.05, end + stage.settle) for begin, end in stage.stalls.spans]
    for listener, phone in scene.phones.items():
        levels = tone_levels(phone.heard(first, last), [HERTZ[name] for name in names])
        spans = [window_span(first, n) for n in range(len(levels))]
        for number, act in enumerate(scene.acts):
            expected = hearing(act.world, listener)
            before = hearing(scene.acts[number - 1].world, listener) if number else set()
            after = hearing(scene.acts[number + 1].world, listener) if number + 1 < len(scene.acts) else expected
            steady: list[int] = []
            for n, (begin, end) in enumerate(spans):
                if end <= act.start or begin >= act.end:
                    continue
                stalls = [s for s in shaken if s[0] < end and begin < s[1]]
                allowed = set(expected)
                if begin < act.begun + stage.settle or any(s[0] < act.begun < s[1] for s in stalls):
                    allowed |= before
                if end > act.end - stage.settle / 2 or any(s[0] < act.end < s[1] for s in stalls):
                    allowed |= after
                if begin >= act.begun + stage.settle and end <= act.end - stage.settle / 2 and not stalls:
                    steady.append(n)
                for column, name in enumerate(names):
                    level = levels[n, column]
                    if name not in allowed and level > stage.faint:
                        when = f"{begin - act.start:.3f} s after the change"
                        found.append(f"act {number}: {listener} heard {name} at {level:.3f} {when}")
            for name in sorted(each for each in expected if not stage.is_cut(act.world, each, listener)):
                share = float(np.mean(levels[steady, names.index(name)] > LOUD)) if steady else 0.0
                if share < stage.clarity:
                    found.append(f"act {number}: {listener} heard {name} in only {share:.0%} of the windows")
    return found


def judge(stage: Stage, scene: Scene) -> None:
    """Fail with every complaint about a scene."""
    found = complaints(stage, scene)
    if found:
        raise AssertionError("\n".join(found))
