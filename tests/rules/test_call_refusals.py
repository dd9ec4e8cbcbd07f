"""Who may take which step of a call, when, and what the others are told."""

import pytest

from sideline.rules import call_control, call_ringing
from sideline.rules.call import (
    Call,
    Outcome,
    SeatState,
)
from sideline.rules.call_control import (
    blind_transfer_to_agent,
    blind_transfer_to_queue,
    cancel_consult,
    complete_transfer,
    customer_left,
    end,
    hold,
    leave,
    mute,
    resume,
    start_consult,
    take_over,
    unmute,
)
from sideline.rules.call_ringing import answer, decline, offer, offer_timed_out
from sideline.rules.refusals import Refusal, RefusalCode
from tests.rules.calls import (
    asking,
    consulting,
    done,
    ended,
    held,
    offering,
    sent_to_agent,
    sent_to_queue,
    talking,
    transferred,
    waiting,
)


def places(call: Call) -> dict[str, str]:
    """Where everybody is: the group of those who joined, else the state of their seat."""
    return {seat.id: seat.group if seat.state == SeatState.JOINED else seat.state.value for seat in call.seats}


def refused(outcome: Outcome) -> RefusalCode:
    assert isinstance(outcome, Refusal), outcome
    assert outcome.params == {}
    return outcome.code


CONTROLS = {
    "hold": lambda call, by: hold(call, by),
    "resume": lambda call, by: resume(call, by),
    "start_consult": lambda call, by: start_consult(call, by, "third", "cay", is_coached=False),
    "cancel_consult": lambda call, by: cancel_consult(call, by),
    "complete_transfer": lambda call, by: complete_transfer(call, by),
    "blind_transfer_to_agent": lambda call, by: blind_transfer_to_agent(call, by, "third", "cay"),
    "blind_transfer_to_queue": lambda call, by: blind_transfer_to_queue(call, by),
    "end": lambda call, by: end(call, by),
}


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_are_for_the_seat_in_control_alone(control: str) -> None:
    step = CONTROLS[control]
    assert refused(step(consulting(), "customer")) == RefusalCode.NOT_IN_CONTROL
    assert refused(step(consulting(), "second")) == RefusalCode.NOT_IN_CONTROL
    assert refused(step(asking(), "second")) == RefusalCode.NOT_IN_CONTROL
    assert refused(step(offering(), "agent")) == RefusalCode.NOT_IN_CONTROL
    assert refused(step(waiting(), "customer")) == RefusalCode.NOT_IN_CONTROL
    assert refused(step(transferred(), "agent")) == RefusalCode.NOT_ON_CALL
    assert refused(step(sent_to_queue(), "agent")) == RefusalCode.NOT_ON_CALL
    assert refused(step(talking(), "stranger")) == RefusalCode.NOT_ON_CALL


EVERY_STEP = CONTROLS | {
    "offer": lambda call, by: offer(call, "third", "cay"),
    "answer": lambda call, by: answer(call, by),
    "decline": lambda call, by: decline(call, by),
    "offer_timed_out": lambda call, by: offer_timed_out(call, by),
    "mute": lambda call, by: mute(call, by),
    "unmute": lambda call, by: unmute(call, by),
    "leave": lambda call, by: leave(call, by),
    "customer_left": lambda call, by: customer_left(call),
    "take_over": lambda call, by: take_over(call, by, "third", "cay"),
}


@pytest.mark.parametrize("name", EVERY_STEP)
@pytest.mark.parametrize("by", ["agent", "customer", "stranger"])
def test_nothing_happens_to_a_call_that_has_ended(name: str, by: str) -> None:
    assert refused(EVERY_STEP[name](ended(), by)) == RefusalCode.CALL_ENDED


def test_every_step_of_a_call_is_among_those_tested() -> None:
    modules = (call_ringing, call_control)
    public = {
        name
        for module in modules
        for name, each in vars(module).items()
        if callable(each) and getattr(each, "__annotations__", {}).get("return") is Outcome and not name.startswith("_")
    }
    assert public == set(EVERY_STEP)


@pytest.mark.parametrize("call", [offering(), talking(), held(), consulting(), sent_to_agent()])
def test_only_a_waiting_call_is_offered(call: Call) -> None:
    assert refused(offer(call, "third", "cay")) == RefusalCode.CALL_NOT_WAITING


def test_only_a_ringing_seat_is_answered_declined_or_timed_out() -> None:
    for step in (answer, decline, offer_timed_out):
        assert refused(step(talking(), "agent")) == RefusalCode.NOT_RINGING
        assert refused(step(sent_to_queue(), "agent")) == RefusalCode.NOT_RINGING
        assert refused(step(offering(), "customer")) == RefusalCode.NOT_RINGING
        assert refused(step(offering(), "stranger")) == RefusalCode.NOT_RINGING


def test_mute_is_refused_without_a_joined_seat() -> None:
    for step in (mute, unmute):
        assert refused(step(offering(), "agent")) == RefusalCode.NOT_ON_CALL
        assert refused(step(transferred(), "agent")) == RefusalCode.NOT_ON_CALL
        assert refused(step(talking(), "stranger")) == RefusalCode.NOT_ON_CALL


def test_leaving_is_refused_without_a_live_seat() -> None:
    assert refused(leave(transferred(), "agent")) == RefusalCode.NOT_ON_CALL
    assert refused(leave(talking(), "stranger")) == RefusalCode.NOT_ON_CALL


@pytest.mark.parametrize("call", [asking(), consulting()])
@pytest.mark.parametrize(
    "control", ["hold", "resume", "start_consult", "blind_transfer_to_agent", "blind_transfer_to_queue"]
)
def test_consult_is_completed_or_cancelled_before_anything_else(call: Call, control: str) -> None:
    assert refused(CONTROLS[control](call, "agent")) == RefusalCode.CONSULTING


def test_consult_is_cancelled_or_completed_only_while_there_is_one() -> None:
    for call in (talking(), held(), done(cancel_consult(consulting(), "agent"))):
        assert refused(cancel_consult(call, "agent")) == RefusalCode.NOT_CONSULTING
        assert refused(complete_transfer(call, "agent")) == RefusalCode.NOT_CONSULTING


def test_transfer_is_completed_only_once_the_consulted_agent_has_answered() -> None:
    assert refused(complete_transfer(asking(), "agent")) == RefusalCode.CONSULT_NOT_ANSWERED


def test_nobody_is_given_two_seats_on_one_call() -> None:
    same = RefusalCode.ALREADY_ON_THIS_CALL
    assert refused(start_consult(talking(), "agent", "second", "ana", is_coached=False)) == same
    assert refused(blind_transfer_to_agent(talking(), "agent", "second", "ana")) == same
    assert refused(take_over(consulting(), "agent", "sup", "ben")) == same


def test_agent_who_left_can_come_back_in_a_new_seat() -> None:
    back = start_consult(transferred(), "second", "again", "ana", is_coached=False)
    assert places(done(back)) == {"customer": "hold", "agent": "left", "second": "consult", "again": "ringing"}


def test_only_the_agent_in_control_is_taken_over() -> None:
    code = RefusalCode.TARGET_NOT_IN_CONTROL
    assert refused(take_over(consulting(), "second", "sup", "sue")) == code
    assert refused(take_over(talking(), "customer", "sup", "sue")) == code
    assert refused(take_over(talking(), "stranger", "sup", "sue")) == code
    assert refused(take_over(offering(), "agent", "sup", "sue")) == code
    assert refused(take_over(waiting(), "agent", "sup", "sue")) == code
    taken = done(take_over(talking(), "agent", "sup", "sue"))
    assert refused(take_over(taken, "sup", "other", "tom")) == code
    assert refused(take_over(taken, "agent", "other", "tom")) == code


def test_call_says_ended_before_it_says_anything_else() -> None:
    assert refused(offer(ended(), "x", "y")) == RefusalCode.CALL_ENDED
    assert refused(end(ended(), "stranger")) == RefusalCode.CALL_ENDED
