"""Presence: chosen by people, set by calls, and what it means for being rung."""

import pytest

from sideline.rules.presence import (
    Presence,
    Standing,
    call_joined,
    call_left,
    call_missed,
    choose,
    end_wrap_up,
    may_be_offered,
    may_be_reached,
    signed_in,
    signed_out,
)
from sideline.rules.refusals import Refusal, RefusalCode

AVAILABLE, ON_QUEUE, NOT_READY = Presence.AVAILABLE, Presence.ON_QUEUE, Presence.NOT_READY
INTERACTING, WRAP_UP, OFFLINE = Presence.INTERACTING, Presence.WRAP_UP, Presence.OFFLINE
LUNCH = Standing(NOT_READY, "lunch")


def chosen(standing: Standing, wanted: Presence, reason: str | None = None, **facts: bool) -> Standing | Refusal:
    return choose(standing, wanted, reason, may_take_calls=facts.pop("may_take_calls", True), **facts)


def test_new_person_is_offline_and_signing_in_makes_them_available() -> None:
    assert Standing() == Standing(OFFLINE, None, AVAILABLE, None)
    assert signed_in(Standing()) == Standing(AVAILABLE)
    assert signed_out() == Standing()


@pytest.mark.parametrize("standing", [Standing(ON_QUEUE), LUNCH, Standing(INTERACTING, None, ON_QUEUE)])
def test_signing_in_in_a_second_browser_changes_nothing(standing: Standing) -> None:
    assert signed_in(standing) == standing


@pytest.mark.parametrize("before", [Standing(AVAILABLE), Standing(ON_QUEUE), LUNCH, Standing(WRAP_UP, None, ON_QUEUE)])
def test_person_chooses_available_on_queue_or_not_ready(before: Standing) -> None:
    assert chosen(before, AVAILABLE) == Standing(AVAILABLE)
    assert chosen(before, ON_QUEUE) == Standing(ON_QUEUE)
    assert chosen(before, NOT_READY, "lunch") == LUNCH
    assert chosen(before, NOT_READY) == Standing(NOT_READY)


@pytest.mark.parametrize("wanted", [INTERACTING, WRAP_UP, OFFLINE])
def test_what_calls_and_sign_out_set_cannot_be_chosen(wanted: Presence) -> None:
    refusal = Refusal(RefusalCode.PRESENCE_NOT_CHOOSABLE, {"presence": wanted.value})
    assert chosen(Standing(AVAILABLE), wanted) == refusal


@pytest.mark.parametrize("wanted", [AVAILABLE, ON_QUEUE, NOT_READY])
def test_who_is_offline_signs_in_before_choosing(wanted: Presence) -> None:
    assert chosen(Standing(), wanted) == Refusal(RefusalCode.PRESENCE_NOT_CHOOSABLE, {"presence": wanted.value})


def test_going_on_queue_needs_the_permission_to_take_calls() -> None:
    refused = chosen(Standing(AVAILABLE), ON_QUEUE, may_take_calls=False)
    assert refused == Refusal(RefusalCode.QUEUE_NEEDS_TAKE_CALLS)
    assert chosen(Standing(ON_QUEUE), AVAILABLE, may_take_calls=False) == Standing(AVAILABLE)
    assert chosen(Standing(ON_QUEUE), NOT_READY, may_take_calls=False) == Standing(NOT_READY)


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_not_ready_needs_a_reason_where_policy_says_so(reason: str | None) -> None:
    assert chosen(Standing(AVAILABLE), NOT_READY, reason, reason_required=True) == Refusal(
        RefusalCode.PRESENCE_REASON_REQUIRED
    )
    assert chosen(Standing(AVAILABLE), NOT_READY, reason) == Standing(NOT_READY, None)
    assert chosen(Standing(AVAILABLE), NOT_READY, " lunch ", reason_required=True) == LUNCH
    assert chosen(LUNCH, AVAILABLE, reason, reason_required=True) == Standing(AVAILABLE)


def test_reason_counts_for_not_ready_alone() -> None:
    assert chosen(Standing(AVAILABLE), ON_QUEUE, "lunch") == Standing(ON_QUEUE, None)


def test_choice_during_a_call_waits_for_its_end() -> None:
    on_call = call_joined(Standing(ON_QUEUE))
    later = chosen(on_call, NOT_READY, "lunch")
    assert later == Standing(INTERACTING, None, NOT_READY, "lunch")
    assert isinstance(later, Standing)
    wrapping = call_left(later, was_in_control=True)
    assert wrapping == Standing(WRAP_UP, None, NOT_READY, "lunch")
    assert end_wrap_up(wrapping) == LUNCH
    assert chosen(later, ON_QUEUE) == on_call


@pytest.mark.parametrize("before", [Standing(ON_QUEUE), Standing(AVAILABLE), LUNCH])
def test_after_call_and_wrap_up_everybody_is_where_they_were(before: Standing) -> None:
    on_call = call_joined(before)
    assert (on_call.presence, on_call.reason) == (INTERACTING, None)
    assert call_joined(on_call) == on_call
    wrapping = call_left(on_call, was_in_control=True)
    assert (wrapping.presence, wrapping.reason) == (WRAP_UP, None)
    assert end_wrap_up(wrapping) == before


@pytest.mark.parametrize("before", [Standing(ON_QUEUE), Standing(AVAILABLE), LUNCH])
def test_consulted_agent_needs_no_wrap_up(before: Standing) -> None:
    assert call_left(call_joined(before), was_in_control=False) == before


def test_choice_in_wrap_up_ends_it() -> None:
    assert chosen(Standing(WRAP_UP, None, ON_QUEUE), AVAILABLE) == Standing(AVAILABLE)


def test_call_joined_in_wrap_up_keeps_what_comes_after() -> None:
    assert call_joined(Standing(WRAP_UP, None, NOT_READY, "lunch")) == Standing(INTERACTING, None, NOT_READY, "lunch")


@pytest.mark.parametrize("standing", [Standing(), Standing(AVAILABLE), Standing(WRAP_UP, None, ON_QUEUE)])
@pytest.mark.parametrize("was_in_control", [True, False])
def test_leaving_a_call_changes_nobody_who_is_on_none(standing: Standing, was_in_control: bool) -> None:
    assert call_left(standing, was_in_control=was_in_control) == standing


@pytest.mark.parametrize("standing", [Standing(AVAILABLE), Standing(INTERACTING, None, ON_QUEUE), Standing()])
def test_only_wrap_up_is_ended(standing: Standing) -> None:
    assert end_wrap_up(standing) == Refusal(RefusalCode.NOT_IN_WRAP_UP)


def test_agent_becomes_not_ready_after_as_many_missed_calls_as_policy_says() -> None:
    on_queue = Standing(ON_QUEUE)
    assert call_missed(on_queue, 1, 2) == on_queue
    assert call_missed(on_queue, 2, 2) == Standing(NOT_READY, "missed_call")
    assert call_missed(on_queue, 3, 2) == Standing(NOT_READY, "missed_call")
    assert call_missed(on_queue, 1, 1) == Standing(NOT_READY, "missed_call")


@pytest.mark.parametrize("standing", [Standing(AVAILABLE), LUNCH, Standing(), Standing(INTERACTING, None, ON_QUEUE)])
def test_missed_call_moves_nobody_who_is_off_queue(standing: Standing) -> None:
    assert call_missed(standing, 5, 1) == standing


@pytest.mark.parametrize("presence", Presence)
def test_only_those_on_queue_are_offered_a_queues_call(presence: Presence) -> None:
    refusal = may_be_offered(presence, is_supervising=False, has_phone=True)
    unreachable = Refusal(RefusalCode.UNREACHABLE, {"presence": presence.value})
    assert refusal == (None if presence == ON_QUEUE else unreachable)


@pytest.mark.parametrize("presence", Presence)
def test_those_available_or_on_queue_are_reached_by_consult_and_transfer(presence: Presence) -> None:
    refusal = may_be_reached(presence, is_supervising=False, has_phone=True)
    unreachable = Refusal(RefusalCode.UNREACHABLE, {"presence": presence.value})
    assert refusal == (None if presence in (AVAILABLE, ON_QUEUE) else unreachable)


@pytest.mark.promise("V11")
def test_no_call_is_offered_while_supervising() -> None:
    for may_ring in (may_be_offered, may_be_reached):
        assert may_ring(ON_QUEUE, is_supervising=True, has_phone=True) is not None


def test_nobody_is_rung_twice_at_once_or_without_a_phone() -> None:
    for may_ring in (may_be_offered, may_be_reached):
        ringing = may_ring(ON_QUEUE, is_supervising=False, has_phone=True, is_ringing=True)
        assert ringing == Refusal(RefusalCode.ALREADY_RINGING)
        assert may_ring(ON_QUEUE, is_supervising=False, has_phone=False) == Refusal(RefusalCode.NO_PHONE)


@pytest.mark.promise("V2")
def test_who_asks_for_a_colleague_does_not_learn_that_they_supervise() -> None:
    away = may_be_reached(Presence.NOT_READY, is_supervising=False, has_phone=True)
    assert may_be_reached(Presence.AVAILABLE, is_supervising=True, has_phone=True) == away


def test_who_is_offline_is_interacting_on_a_telephones_call_and_offline_again_after_it() -> None:
    on_the_telephone = call_joined(Standing())
    assert on_the_telephone == Standing(INTERACTING, None, OFFLINE)
    assert call_left(on_the_telephone, was_in_control=True) == Standing()
    assert call_left(on_the_telephone, was_in_control=False) == Standing()


def test_who_signs_in_during_a_telephones_call_wraps_up_and_is_available_then() -> None:
    signed_in_meanwhile = signed_in(call_joined(Standing()))
    assert signed_in_meanwhile == Standing(INTERACTING, None, AVAILABLE)
    assert call_left(signed_in_meanwhile, was_in_control=True) == Standing(WRAP_UP, None, AVAILABLE)
