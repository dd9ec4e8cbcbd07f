"""Who hears whom in all small worlds, and on the way from any of them to any other."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sideline.rules.audibility import MUSIC, Listening, Mode, Purpose, Route, World, change, routes
from sideline.rules.call import to_world
from tests.rules.calls import STATES
from tests.rules.hearing_oracle import expected_routes, worlds
from tests.rules.instants import assert_no_instant_leaks


@settings(max_examples=1500)
@given(worlds())
def test_routes_are_what_the_oracle_says_of_each_pair(world: World) -> None:
    assert routes(world) == expected_routes(world)


@settings(max_examples=500)
@given(worlds())
@pytest.mark.promise("V2")
def test_monitor_and_muted_voices_are_heard_by_nobody(world: World) -> None:
    silent = {each.supervisor for each in world.listenings if each.mode == Mode.MONITOR or each.is_muted}
    silent |= {party.id for party in world.parties if party.is_muted}
    assert not [route for route in routes(world) if route.speaker in silent]


@settings(max_examples=500)
@given(worlds())
@pytest.mark.promise("V4")
def test_coach_is_heard_by_the_coached_agent_alone(world: World) -> None:
    heard = routes(world)
    purposes = {party.id: party.purpose for party in world.parties}
    for each in world.listenings:
        if each.mode == Mode.COACH:
            may_hear = {each.target} if purposes.get(each.target) == Purpose.AGENT and not each.is_muted else set()
            assert {route.listener for route in heard if route.speaker == each.supervisor} == may_hear


@settings(max_examples=500)
@given(worlds())
def test_routes_lead_only_from_and_to_those_who_are_there(world: World) -> None:
    people = {party.id for party in world.parties} | {each.supervisor for each in world.listenings}
    for speaker, listener in routes(world):
        assert speaker in people | {MUSIC}
        assert listener in people
        assert speaker != listener


@settings(max_examples=500)
@given(worlds(), st.data())
def test_one_more_monitor_changes_nothing_for_anybody_else(world: World, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from([party.id for party in world.parties] or ["gone"]))
    watched = World(world.parties, (*world.listenings, Listening("one more", target, Mode.MONITOR)), world.music_groups)
    assert {route for route in routes(watched) if route.listener != "one more"} == routes(world)


@settings(max_examples=500)
@given(worlds())
def test_monitor_hears_the_target_and_the_people_the_target_hears_but_no_whisper(world: World) -> None:
    heard = routes(world)
    coaches = {each.supervisor for each in world.listenings if each.mode == Mode.COACH}
    parties = {party.id: party for party in world.parties}
    for each in world.listenings:
        if each.mode == Mode.MONITOR and each.target in parties:
            by_target = {route.speaker for route in heard if route.listener == each.target} - coaches - {MUSIC}
            itself = set() if parties[each.target].is_muted else {each.target}
            assert {route.speaker for route in heard if route.listener == each.supervisor} == by_target | itself


@settings(max_examples=700)
@given(worlds(), worlds(), st.randoms(use_true_random=False))
@pytest.mark.promise("V20")
def test_no_instant_of_a_change_between_two_worlds_holds_a_route_that_neither_allows(before, after, random) -> None:
    order = sorted(routes(before) | routes(after))
    random.shuffle(order)
    assert_no_instant_leaks(routes(before), routes(after), order)


_TARGETS = ("customer", "agent", "second")
_MODES = (Mode.MONITOR, Mode.COACH, Mode.BARGE)


def _listenings(supervisor: str) -> list[tuple[Listening, ...]]:
    every = [(Listening(supervisor, t, m, muted),) for t, m, muted in product(_TARGETS, _MODES, (False, True))]
    return [(), *every]


def test_every_state_of_a_call_with_every_two_supervisors_is_what_the_oracle_says() -> None:
    for state, first, second in product(STATES.values(), _listenings("one"), _listenings("two")):
        world = to_world(state(), first + second)
        assert routes(world) == expected_routes(world)


@pytest.mark.promise("V20")
def test_every_pair_of_states_of_a_supervised_call_changes_without_a_leak() -> None:
    calls = [state() for state in STATES.values()]
    every = [routes(to_world(call, listening)) for call, listening in product(calls, _listenings("one"))]
    distinct = sorted(set(every), key=sorted)
    for before, after in product(distinct, repeat=2):
        assert_no_instant_leaks(before, after, sorted(before | after))
        assert_no_instant_leaks(before, after, sorted(before | after, reverse=True))


def test_a_change_to_the_same_routes_does_nothing() -> None:
    here = frozenset({Route("agent", "customer"), Route("customer", "agent")})
    assert change(here, here).close == change(here, here).open == frozenset()
