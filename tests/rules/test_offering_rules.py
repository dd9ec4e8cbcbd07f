"""Which agent is rung for which call."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sideline.rules.offering import Candidate, Offer, OfferingPolicy, WaitingCall, look_again_at, offers, pick
from sideline.rules.presence import Presence

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
POLICY = OfferingPolicy(pass_over_seconds=30)
SALES = frozenset({"sales"})


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


def agent(
    user_id: str,
    idle: int,
    *,
    queues: frozenset[str] = SALES,
    presence: Presence = Presence.ON_QUEUE,
    is_supervising: bool = False,
    has_phone: bool = True,
    is_ringing: bool = False,
) -> Candidate:
    return Candidate(user_id, queues, presence, ago(idle), is_supervising, has_phone, is_ringing)


def call(call_id: str = "call", waited: int = 5, *, queue: str = "sales", **unanswered: int) -> WaitingCall:
    return WaitingCall(call_id, queue, ago(waited), {user: ago(seconds) for user, seconds in unanswered.items()})


def picked(waiting: WaitingCall, *agents: Candidate) -> str | None:
    return pick(waiting, agents, NOW, POLICY)


def test_longest_idle_agent_is_rung() -> None:
    assert picked(call(), agent("ana", 10), agent("ben", 60), agent("cay", 30)) == "ben"


def test_tie_goes_to_the_id_that_sorts_first_in_whatever_order_agents_come() -> None:
    ana, ben = agent("ana", 10), agent("ben", 10)
    assert picked(call(), ana, ben) == picked(call(), ben, ana) == "ana"


def test_only_members_of_the_queue_are_rung() -> None:
    assert picked(call(), agent("ana", 60, queues=frozenset({"support"})), agent("ben", 1)) == "ben"
    assert picked(call(queue="support"), agent("ana", 60)) is None
    both = frozenset({"sales", "support"})
    assert picked(call(queue="support"), agent("ana", 60, queues=both)) == "ana"


@pytest.mark.parametrize("presence", [each for each in Presence if each != Presence.ON_QUEUE])
def test_only_agents_on_queue_are_rung(presence: Presence) -> None:
    assert picked(call(), agent("ana", 60, presence=presence)) is None


@pytest.mark.promise("V11")
def test_agent_who_supervises_is_passed_by() -> None:
    assert picked(call(), agent("ana", 60, is_supervising=True), agent("ben", 1)) == "ben"


def test_agent_without_a_phone_or_whose_phone_rings_is_passed_by() -> None:
    assert picked(call(), agent("ana", 60, has_phone=False), agent("ben", 1)) == "ben"
    assert picked(call(), agent("ana", 60, is_ringing=True), agent("ben", 1)) == "ben"


def test_nobody_is_rung_where_nobody_is_there() -> None:
    assert picked(call()) is None


def test_agent_who_just_let_this_call_ring_is_passed_over_for_a_while() -> None:
    ana, ben = agent("ana", 60), agent("ben", 1)
    assert picked(call(ana=29), ana, ben) == "ben"
    assert picked(call(ana=29), ana) is None
    assert picked(call(ana=30), ana, ben) == "ana"


def test_calls_take_their_turn_by_how_long_they_wait_and_nobody_is_rung_twice() -> None:
    calls = [call("young", 1), call("old", 60), call("middle", 30)]
    made = offers(calls, [agent("ana", 10), agent("ben", 20)], NOW, POLICY)
    assert made == (Offer("old", "ben"), Offer("middle", "ana"))


def test_calls_that_wait_equally_long_take_their_turn_by_id() -> None:
    agents = [agent("ana", 10)]
    assert offers([call("b"), call("a")], agents, NOW, POLICY) == (Offer("a", "ana"),)
    assert offers([call("a"), call("b")], agents, NOW, POLICY) == (Offer("a", "ana"),)


def test_call_that_nobody_can_take_holds_up_no_other() -> None:
    calls = [call("old", 60, queue="support"), call("young", 1)]
    assert offers(calls, [agent("ana", 1)], NOW, POLICY) == (Offer("young", "ana"),)


def test_look_again_when_the_first_agent_comes_into_question_again() -> None:
    calls = [call("one", ana=10, ben=25), call("two", cay=40), call("three")]
    assert look_again_at(calls, NOW, POLICY) == NOW + timedelta(seconds=5)
    assert look_again_at([call("two", cay=30)], NOW, POLICY) is None
    assert look_again_at([], NOW, POLICY) is None


def test_policy_rings_twenty_seconds_passes_over_thirty_and_forgives_one_miss() -> None:
    assert OfferingPolicy() == OfferingPolicy(ring_seconds=20, pass_over_seconds=30, missed_limit=2)


def test_candidates_and_calls_start_free() -> None:
    assert Candidate("ana", SALES, Presence.ON_QUEUE, NOW) == agent("ana", 0)
    assert WaitingCall("call", "sales", NOW).unanswered_at == {}


queues = st.frozensets(st.sampled_from(["sales", "support"]), min_size=1)
some_agents = st.lists(
    st.builds(
        agent,
        st.sampled_from(["ana", "ben", "cay"]),
        st.integers(0, 3),
        queues=queues,
        presence=st.sampled_from([Presence.ON_QUEUE, Presence.ON_QUEUE, Presence.AVAILABLE]),
        is_supervising=st.sampled_from([False, False, True]),
    ),
    unique_by=lambda each: each.user_id,
)
some_calls = st.lists(
    st.builds(
        lambda call_id, waited, queue, missed: call(call_id, waited, queue=queue, **missed),
        st.sampled_from(["one", "two", "three"]),
        st.integers(0, 3),
        st.sampled_from(["sales", "support"]),
        st.dictionaries(st.sampled_from(["ana", "ben", "cay"]), st.sampled_from([0, 29, 30, 60])),
    ),
    unique_by=lambda each: each.call_id,
)


@given(some_calls, some_agents, st.randoms(use_true_random=False))
def test_offers_are_fair_complete_and_the_same_in_any_order(calls, agents, random) -> None:
    made = offers(calls, agents, NOW, POLICY)
    by_call = {each.call_id: each.user_id for each in made}
    assert len(set(by_call.values())) == len(made) == len(by_call)

    def could_take(who: Candidate, waiting: WaitingCall) -> bool:
        rested = NOW - waiting.unanswered_at.get(who.user_id, ago(3600)) >= timedelta(seconds=30)
        on_duty = who.presence == Presence.ON_QUEUE and not who.is_supervising
        return waiting.queue_id in who.queue_ids and on_duty and rested

    agents_by_id = {each.user_id: each for each in agents}
    for waiting in calls:
        rung = agents_by_id.get(by_call.get(waiting.call_id, ""))
        left_over = [each for each in agents if each.user_id not in by_call.values() and could_take(each, waiting)]
        if rung is None:
            assert not left_over
        else:
            assert could_take(rung, waiting)
            assert all((rung.idle_since, rung.user_id) < (each.idle_since, each.user_id) for each in left_over)

    shuffled_calls, shuffled_agents = list(calls), list(agents)
    random.shuffle(shuffled_calls)
    random.shuffle(shuffled_agents)
    assert offers(shuffled_calls, shuffled_agents, NOW, POLICY) == made
