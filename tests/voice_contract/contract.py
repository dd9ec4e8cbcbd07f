"""The contract of every voice engine, proven by sound.

Bind an engine by a subclass named ``Test…`` with a ``stage`` fixture (see
``test_webrtc.py``). ``rules.audibility.routes`` is the oracle throughout.
"""

import asyncio
import time
from itertools import pairwise

import pytest

from sideline.rules.audibility import MUSIC, Listening, Mode, Party, Purpose, Route, World, routes
from sideline.voice.engine import CallPlan
from tests.support.sound_stage import Act, Scene, Stage, dwell, judge, plan, play

CUSTOMER, AGENT, COLLEAGUE = "customer", "agent", "colleague"
SARA, TOM = "sara", "tom"


def party(who: str, group: str = "talk", *, muted: bool = False) -> Party:
    purpose = Purpose.CUSTOMER if who == CUSTOMER else Purpose.SUPERVISOR if who in (SARA, TOM) else Purpose.AGENT
    return Party(id=who, purpose=purpose, group=group, is_muted=muted)


def world(*parties: Party, listening: tuple[Listening, ...] = (), music: str | None = None) -> World:
    return World(parties=parties, listenings=listening, music_groups=frozenset({music} if music else ()))


def listens(supervisor: str, target: str, mode: Mode, *, muted: bool = False) -> tuple[Listening, ...]:
    return (Listening(supervisor=supervisor, target=target, mode=mode, is_muted=muted),)


def active(*listening: Listening, muted: str = "") -> World:
    return world(party(CUSTOMER, muted=muted == CUSTOMER), party(AGENT, muted=muted == AGENT), listening=listening)


def held(*listening: Listening) -> World:
    return world(party(CUSTOMER, "held"), party(AGENT), listening=listening, music="held")


def consulting(*listening: Listening) -> World:
    return world(party(CUSTOMER, "held"), party(AGENT), party(COLLEAGUE), listening=listening, music="held")


def transferred(*listening: Listening) -> World:
    return world(party(CUSTOMER), party(COLLEAGUE), listening=listening)


def left_alone(*listening: Listening) -> World:
    """Return the agent's side after a blind transfer: the agent is still a party, in wrap-up, alone."""
    return world(party(CUSTOMER), party(COLLEAGUE), party(AGENT, "alone"), listening=listening)


MODES = (Mode.MONITOR, Mode.COACH, Mode.BARGE)


def every_switch() -> list[World]:
    """Return a walk that takes every switch between two of the modes once, each way, and the stop."""
    walk = (0, 1, 2, 0, 2, 1, 0)
    assert {(a, b) for a, b in pairwise(walk)} == {(a, b) for a in range(3) for b in range(3) if a != b}
    return [active(), *(active(*listens(SARA, AGENT, MODES[n])) for n in walk), active()]


class VoiceContract:
    """What every engine must do. Each test plays a scene and judges all recordings of it."""

    @pytest.fixture
    async def stage(self) -> Stage:
        raise NotImplementedError

    async def holds(self, stage: Stage, *worlds: World) -> None:
        scene = await play(stage, worlds)
        judge(stage, scene)

    # -- the states of a call

    async def test_customer_and_agent_hear_each_other_and_nobody_else(self, stage: Stage) -> None:
        await self.holds(stage, active())

    async def test_held_customer_hears_music_and_the_agent_nothing(self, stage: Stage) -> None:
        await self.holds(stage, active(), held(), active())

    async def test_consulting_agent_and_colleague_talk_while_the_customer_hears_music(self, stage: Stage) -> None:
        await self.holds(stage, active(), consulting(), transferred())

    async def test_muted_agent_hears_and_is_not_heard(self, stage: Stage) -> None:
        await self.holds(stage, active(), active(muted=AGENT), active())

    # -- supervisors

    @pytest.mark.promise("V2")
    async def test_monitor_hears_both_and_is_heard_by_nobody(self, stage: Stage) -> None:
        await self.holds(stage, active(), active(*listens(SARA, AGENT, Mode.MONITOR)), active())

    @pytest.mark.promise("V3")
    async def test_monitor_of_the_agent_follows_the_agent_through_hold_and_consult(self, stage: Stage) -> None:
        monitor = listens(SARA, AGENT, Mode.MONITOR)
        await self.holds(stage, active(*monitor), held(*monitor), consulting(*monitor))

    @pytest.mark.promise("V3")
    async def test_monitor_of_the_customer_follows_the_customer_through_hold_consult_and_transfer(
        self, stage: Stage
    ) -> None:
        monitor = listens(SARA, CUSTOMER, Mode.MONITOR)
        await self.holds(stage, active(*monitor), held(*monitor), consulting(*monitor), transferred(*monitor))

    @pytest.mark.promise("V4")
    async def test_coach_is_heard_by_the_coached_agent_alone(self, stage: Stage) -> None:
        coach = listens(SARA, AGENT, Mode.COACH)
        await self.holds(stage, active(*coach), held(*coach), active(*listens(SARA, AGENT, Mode.COACH, muted=True)))

    @pytest.mark.promise("V6")
    async def test_barging_supervisor_is_heard_by_everyone_on_the_call(self, stage: Stage) -> None:
        await self.holds(stage, active(), active(*listens(SARA, AGENT, Mode.BARGE)), active())

    @pytest.mark.promise("V7")
    async def test_barge_kick_puts_the_supervisor_in_the_place_of_the_agent(self, stage: Stage) -> None:
        kicked = world(party(CUSTOMER), party(SARA))
        on_hold = world(party(CUSTOMER, "held"), party(SARA), music="held")
        await self.holds(stage, active(*listens(SARA, AGENT, Mode.MONITOR)), kicked, on_hold, kicked)

    @pytest.mark.promise("V8")
    @pytest.mark.promise("V20")
    async def test_every_switch_between_monitor_coach_and_barge_leaks_nothing(self, stage: Stage) -> None:
        await self.holds(stage, *every_switch())

    @pytest.mark.promise("V20")
    async def test_two_supervisors_hear_the_call_and_not_each_others_coaching(self, stage: Stage) -> None:
        first = listens(SARA, AGENT, Mode.COACH)
        await self.holds(
            stage,
            active(*first),
            active(*first, *listens(TOM, AGENT, Mode.MONITOR)),
            active(*first, *listens(TOM, CUSTOMER, Mode.MONITOR)),
            active(*listens(SARA, AGENT, Mode.MONITOR), *listens(TOM, AGENT, Mode.BARGE)),
            active(*listens(TOM, AGENT, Mode.COACH)),
        )

    @pytest.mark.promise("V20")
    async def test_one_change_of_everything_at_once_leaks_nothing(self, stage: Stage) -> None:
        await self.holds(
            stage,
            consulting(*listens(SARA, AGENT, Mode.COACH), *listens(TOM, CUSTOMER, Mode.MONITOR)),
            transferred(*listens(TOM, COLLEAGUE, Mode.COACH)),
            active(*listens(SARA, AGENT, Mode.BARGE)),
            held(*listens(TOM, AGENT, Mode.COACH)),
        )

    # -- plans

    async def test_the_same_plan_twice_changes_nothing(self, stage: Stage) -> None:
        coached = active(*listens(SARA, AGENT, Mode.COACH))
        scene = await play(stage, [coached])
        again = time.monotonic()
        await stage.engine.apply("call", plan(stage, 1, coached, scene.phones))
        await stage.engine.apply("call", plan(stage, 2, coached, scene.phones))
        await dwell(stage)
        whole = Scene([Act(coached, scene.acts[0].start, time.monotonic())], scene.phones)
        assert again < whole.acts[0].end
        judge(stage, whole)

    async def test_a_plan_older_than_the_one_in_force_is_ignored(self, stage: Stage) -> None:
        now, old = active(*listens(SARA, AGENT, Mode.MONITOR)), active(*listens(SARA, AGENT, Mode.BARGE))
        scene = await play(stage, [active(), now])
        await stage.engine.apply("call", plan(stage, 1, old, scene.phones))
        await dwell(stage)
        last = scene.acts[-1]
        acts = [scene.acts[0], Act(now, last.start, time.monotonic())]
        judge(stage, Scene(acts, scene.phones))

    async def test_observe_tells_the_routes_in_force(self, stage: Stage) -> None:
        coached = active(*listens(SARA, AGENT, Mode.COACH))
        scene = await play(stage, [held(), coached])
        seen = await stage.engine.observe()
        assert seen.calls["call"] == plan(stage, 2, coached, scene.phones)


class OwnCallsContract(VoiceContract):
    """What an engine must do that connects everyone on a call itself."""

    @pytest.mark.promise("V3")
    async def test_monitor_of_the_agent_stays_with_an_agent_who_transferred_the_call(self, stage: Stage) -> None:
        monitor = listens(SARA, AGENT, Mode.MONITOR)
        await self.holds(stage, consulting(*monitor), left_alone(*monitor))

    async def test_two_calls_do_not_hear_each_other(self, stage: Stage) -> None:
        ours, theirs = await asyncio.gather(
            play(stage, [active(), held()], call="ours"),
            play(
                stage,
                [world(party(COLLEAGUE), party(SARA)), world(party(COLLEAGUE), party(SARA))],
                call="theirs",
            ),
        )
        judge(stage, ours)
        judge(stage, theirs)

    async def test_who_goes_on_to_another_call_is_heard_in_one_of_them_alone(self, stage: Stage) -> None:
        """The plan of the call that is joined may well come before the plan of the one that was left."""
        cast = (CUSTOMER, AGENT, COLLEAGUE, SARA)
        phones = dict(zip(cast, await asyncio.gather(*map(stage.phone, cast)), strict=True))
        elsewhere = party(COLLEAGUE, "elsewhere")
        starts = [time.monotonic()]
        await stage.engine.apply("left", plan(stage, 1, active(*listens(SARA, AGENT, Mode.BARGE)), phones))
        await stage.engine.apply("joined", plan(stage, 1, world(elsewhere), phones))
        await dwell(stage)

        starts.append(time.monotonic())
        later = world(elsewhere, listening=listens("sara-later", COLLEAGUE, Mode.COACH))
        await stage.engine.apply("joined", plan(stage, 2, later, {**phones, "sara-later": phones[SARA]}))
        await dwell(stage)

        starts.append(time.monotonic())
        await stage.engine.apply("left", plan(stage, 2, active(), phones))
        await dwell(stage)

        before = world(party(CUSTOMER), party(AGENT), elsewhere, listening=listens(SARA, AGENT, Mode.BARGE))
        after = world(party(CUSTOMER), party(AGENT), elsewhere, listening=listens(SARA, COLLEAGUE, Mode.COACH))
        ends = [*starts[1:], time.monotonic()]
        acts = [Act(*act) for act in zip((before, after, after), starts, ends, strict=True)]
        judge(stage, Scene(acts, phones))

    # -- plans

    async def test_an_ended_call_falls_silent_and_an_older_plan_does_not_revive_it(self, stage: Stage) -> None:
        scene = await play(stage, [active()])
        end = time.monotonic()
        await stage.engine.apply("call", CallPlan(version=5, phones={}, routes=frozenset()))
        await stage.engine.apply("call", plan(stage, 4, active(), scene.phones))
        await dwell(stage)
        acts = [Act(active(), scene.acts[0].start, end), Act(World(), end, time.monotonic())]
        judge(stage, Scene(acts, scene.phones))
        assert (await stage.engine.observe()).calls == {}

    async def test_observe_tells_the_legs_that_are_up_and_the_routes_in_force(self, stage: Stage) -> None:
        coached = active(*listens(SARA, AGENT, Mode.COACH))
        scene = await play(stage, [held(), coached])
        seen = await stage.engine.observe()
        assert seen.calls["call"] == plan(stage, 2, coached, scene.phones)
        await scene.phones[SARA].vanish()
        await asyncio.wait_for(_until_lost(stage), 8)
        seen = await stage.engine.observe()
        assert seen.calls["call"].version == 2

    # -- phones that go and come

    async def test_a_phone_that_connects_after_its_plan_is_heard(self, stage: Stage) -> None:
        monitored = active(*listens(SARA, AGENT, Mode.MONITOR))
        scene = await play(stage, [active()])
        late = await stage.phone(SARA)
        phones = {**scene.phones, SARA: late}
        await late.vanish()
        await stage.engine.apply("call", plan(stage, 2, monitored, phones))
        await late.come_back()
        start = time.monotonic()
        await dwell(stage)
        judge(stage, Scene([Act(monitored, start, time.monotonic())], phones))

    @pytest.mark.promise("V8")
    async def test_a_phone_that_was_lost_comes_back_where_it_was(self, stage: Stage) -> None:
        coached = active(*listens(SARA, AGENT, Mode.COACH))
        scene = await play(stage, [coached])
        await scene.phones[SARA].vanish()
        gone = time.monotonic()
        await dwell(stage)
        alone = Act(active(), gone, time.monotonic())
        others = {who: phone for who, phone in scene.phones.items() if who != SARA}
        await scene.phones[SARA].come_back()
        start = time.monotonic()
        await dwell(stage)
        back = Act(coached, start, time.monotonic())
        judge(stage, Scene([scene.acts[0], alone], others))
        judge(stage, Scene([back], scene.phones))

    async def test_nobody_is_ever_routed_to_themselves_and_music_never_listens(self, stage: Stage) -> None:
        scene = await play(stage, [held()])
        strange = frozenset({Route(AGENT, AGENT), Route(AGENT, MUSIC)}) | routes(active())
        start = time.monotonic()
        await stage.engine.apply(
            "call", CallPlan(version=2, phones=plan(stage, 2, active(), scene.phones).phones, routes=strange)
        )
        await dwell(stage)
        judge(stage, Scene([Act(active(), start + stage.settle, time.monotonic())], scene.phones))


async def _until_lost(stage: Stage) -> None:
    async for fact in stage.engine.facts():
        if type(fact).__name__ == "LegLost":
            return
