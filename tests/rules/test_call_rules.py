"""The steps of a call: what each does to the seats, and what it leaves for the timeline."""

import pytest

from sideline.rules.audibility import Purpose
from sideline.rules.call import (
    Call,
    CallState,
    Happened,
    Happening,
    LiveState,
    Outcome,
    Seat,
    SeatState,
    Step,
    live_state,
    new_call,
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
    STATES,
    asking,
    consulting,
    done,
    held,
    offering,
    sent_to_agent,
    talking,
    transferred,
    waiting,
)


def happened(outcome: Outcome) -> list[tuple[str, str, str | None]]:
    assert isinstance(outcome, Step), outcome
    return [(each.kind.value, each.seat_id, each.other_seat_id) for each in outcome.happened]


def places(call: Call) -> dict[str, str]:
    """Where everybody is: the group of those who joined, else the state of their seat."""
    return {seat.id: seat.group if seat.state == SeatState.JOINED else seat.state.value for seat in call.seats}


def refused(outcome: Outcome) -> RefusalCode:
    assert isinstance(outcome, Refusal), outcome
    assert outcome.params == {}
    return outcome.code


@pytest.mark.parametrize(
    ("state", "stored", "shown", "where"),
    [
        ("waiting", "waiting", "waiting", {"customer": "queue"}),
        ("offering", "offering", "offering", {"customer": "queue", "agent": "ringing"}),
        ("talking", "active", "talking", {"customer": "main", "agent": "main"}),
        ("held", "active", "held", {"customer": "hold", "agent": "main"}),
        ("asking", "active", "consulting", {"customer": "hold", "agent": "consult", "second": "ringing"}),
        ("consulting", "active", "consulting", {"customer": "hold", "agent": "consult", "second": "consult"}),
        ("transferred", "active", "talking", {"customer": "main", "agent": "left", "second": "main"}),
        ("sent_to_agent", "offering", "offering", {"customer": "queue", "agent": "left", "second": "ringing"}),
        ("sent_to_queue", "waiting", "waiting", {"customer": "queue", "agent": "left"}),
        ("ended", "ended", "ended", {"customer": "left", "agent": "left"}),
    ],
)
def test_each_state_has_everybody_in_their_place(state: str, stored: str, shown: str, where: dict[str, str]) -> None:
    call = STATES[state]()
    assert call.state == CallState(stored)
    assert live_state(call) == LiveState(shown)
    assert places(call) == where


def test_new_call_is_a_customer_who_waits_with_a_voice_and_unmuted() -> None:
    assert new_call("c") == Call(CallState.WAITING, (Seat("c", Purpose.CUSTOMER, None, SeatState.JOINED, "queue"),))


@pytest.mark.parametrize(
    ("outcome", "entry"),
    [
        (offer(waiting(), "agent", "ana"), ("offered", "agent", None)),
        (answer(offering(), "agent"), ("answered", "agent", None)),
        (decline(offering(), "agent"), ("declined", "agent", None)),
        (offer_timed_out(offering(), "agent"), ("missed", "agent", None)),
        (mute(talking(), "agent"), ("muted", "agent", None)),
        (hold(talking(), "agent"), ("held", "agent", None)),
        (resume(held(), "agent"), ("resumed", "agent", None)),
        (start_consult(talking(), "agent", "second", "ben", is_coached=False), ("consult_started", "agent", "second")),
        (answer(asking(), "second"), ("consult_answered", "second", None)),
        (decline(asking(), "second"), ("consult_declined", "second", None)),
        (offer_timed_out(asking(), "second"), ("consult_missed", "second", None)),
        (cancel_consult(consulting(), "agent"), ("consult_cancelled", "agent", "second")),
        (leave(consulting(), "second"), ("consult_left", "second", None)),
        (complete_transfer(consulting(), "agent"), ("transferred", "agent", "second")),
        (blind_transfer_to_agent(talking(), "agent", "next", "ben"), ("blind_transferred", "agent", "next")),
        (blind_transfer_to_queue(talking(), "agent"), ("transferred_to_queue", "agent", None)),
        (leave(talking(), "agent"), ("left", "agent", None)),
        (leave(offering(), "agent"), ("missed", "agent", None)),
        (leave(talking(), "customer"), ("customer_left", "customer", None)),
        (end(talking(), "agent"), ("ended", "agent", None)),
        (customer_left(waiting()), ("customer_left", "customer", None)),
        (take_over(talking(), "agent", "supervisor", "sue"), ("took_over", "supervisor", "agent")),
    ],
)
def test_each_step_leaves_one_entry_for_the_timeline(outcome: Outcome, entry: tuple[str, str, str | None]) -> None:
    assert happened(outcome) == [entry]


def test_offered_seat_is_the_agents_and_rings() -> None:
    assert offering().seat("agent") == Seat("agent", Purpose.AGENT, "ana", SeatState.RINGING, "main")


@pytest.mark.parametrize("give_up", [decline, offer_timed_out, leave])
def test_call_that_is_not_answered_waits_and_can_be_offered_again(give_up) -> None:
    again = done(give_up(offering(), "agent"))
    assert again.state == CallState.WAITING
    assert places(again) == {"customer": "queue", "agent": "left"}
    talks = done(answer(done(offer(again, "next", "ben")), "next"))
    assert places(talks) == {"customer": "main", "agent": "left", "next": "main"}


@pytest.mark.parametrize("give_up", [decline, offer_timed_out, leave])
def test_consult_that_is_not_answered_brings_the_agent_back_and_leaves_the_customer_on_hold(give_up) -> None:
    back = done(give_up(asking(), "second"))
    assert places(back) == {"customer": "hold", "agent": "main", "second": "left"}
    assert live_state(back) == LiveState.HELD


def test_consulted_agent_who_leaves_does_not_make_the_agent_audible_to_the_customer() -> None:
    assert places(done(leave(consulting(), "second"))) == {"customer": "hold", "agent": "main", "second": "left"}


@pytest.mark.parametrize("call", [asking(), consulting()])
def test_cancelled_consult_brings_agent_and_customer_together_again(call: Call) -> None:
    assert places(done(cancel_consult(call, "agent"))) == {"customer": "main", "agent": "main", "second": "left"}


def test_consult_can_be_started_from_hold_and_again_after_it_was_cancelled() -> None:
    call = done(start_consult(held(), "agent", "second", "ben", is_coached=False))
    assert places(call) == places(asking())
    again = start_consult(done(cancel_consult(call, "agent")), "agent", "third", "ben", is_coached=False)
    assert places(done(again))["third"] == "ringing"


def test_consulted_seat_is_marked_until_the_call_is_theirs() -> None:
    assert consulting().seat("second") == Seat(
        "second", Purpose.AGENT, "ben", SeatState.JOINED, "consult", is_consulted=True
    )
    assert transferred().seat("second") == Seat("second", Purpose.AGENT, "ben", SeatState.JOINED, "main")


def test_seats_by_what_they_are_on_the_call() -> None:
    call = consulting()
    assert call.customer == call.seat("customer")
    assert call.in_control == call.seat("agent")
    assert call.consulted == call.seat("second")
    assert call.offered is None
    assert offering().offered == offering().seat("agent")
    assert (offering().in_control, offering().consulted) == (None, None)
    assert (waiting().in_control, waiting().offered) == (None, None)
    assert asking().consulted == asking().seat("second")
    assert asking().offered is None
    assert call.live_seat_of("ben") == call.seat("second")
    assert call.live_seat_of("nobody") is None
    assert transferred().live_seat_of("ana") is None
    assert call.seat("nobody") is None


def test_seats_are_found_in_whatever_order_they_are_loaded() -> None:
    call = consulting()
    backwards = Call(call.state, tuple(reversed(call.seats)))
    assert (backwards.customer, backwards.in_control, backwards.consulted) == (
        call.customer,
        call.in_control,
        call.consulted,
    )
    assert places(done(complete_transfer(backwards, "agent"))) == places(transferred())


def test_blind_transfer_that_is_not_answered_waits_in_the_queue() -> None:
    call = done(decline(sent_to_agent(), "second"))
    assert (call.state, places(call)["customer"]) == (CallState.WAITING, "queue")


def test_blind_transfer_from_hold_puts_the_customer_in_the_queue() -> None:
    for call in (blind_transfer_to_queue(held(), "agent"), blind_transfer_to_agent(held(), "agent", "next", "ben")):
        assert places(done(call))["customer"] == "queue"


@pytest.mark.promise("V15")
@pytest.mark.parametrize("call", [talking(), held(), asking(), consulting(), transferred()])
def test_whoever_is_in_control_can_end_the_call_at_any_time(call: Call) -> None:
    assert call.in_control is not None
    after = done(end(call, call.in_control.id))
    assert after.state == CallState.ENDED
    assert {seat.state for seat in after.seats} == {SeatState.LEFT}


@pytest.mark.parametrize("state", [name for name in STATES if name != "ended"])
def test_customer_can_hang_up_in_every_state(state: str) -> None:
    for after in (customer_left(STATES[state]()), leave(STATES[state](), "customer")):
        assert done(after).state == CallState.ENDED
        assert {seat.state for seat in done(after).seats} == {SeatState.LEFT}


@pytest.mark.parametrize("call", [talking(), held(), asking(), consulting()])
def test_customer_waits_in_the_queue_when_the_agents_phone_is_lost(call: Call) -> None:
    after = done(leave(call, "agent"))
    assert after.state == CallState.WAITING
    assert [seat.id for seat in after.seats if seat.is_live] == ["customer"]
    assert after.customer.group == "queue"


def test_mute_and_unmute_are_for_every_joined_seat_and_for_none_but_it() -> None:
    for seat_id in ("customer", "agent", "second"):
        muted = done(mute(consulting(), seat_id))
        assert [seat.id for seat in muted.seats if seat.is_muted] == [seat_id]
        unmuted = unmute(muted, seat_id)
        assert done(unmuted) == consulting()
        assert happened(unmuted) == [("unmuted", seat_id, None)]


def test_mute_stays_through_hold_consult_and_transfer() -> None:
    call = done(mute(done(hold(talking(), "agent")), "customer"))
    call = done(resume(call, "agent"))
    call = done(answer(done(start_consult(call, "agent", "second", "ben", is_coached=False)), "second"))
    assert done(complete_transfer(done(mute(call, "second")), "agent")).in_control == Seat(
        "second", Purpose.AGENT, "ben", SeatState.JOINED, "main", is_muted=True
    )


@pytest.mark.parametrize(
    ("call", "step"),
    [(talking(), unmute), (done(mute(talking(), "agent")), mute), (held(), hold), (talking(), resume)],
)
def test_step_that_was_taken_already_changes_nothing_and_leaves_no_entry(call: Call, step) -> None:
    assert step(call, "agent") == Step(call)


@pytest.mark.promise("V16")
@pytest.mark.parametrize("call", [talking(), held()])
def test_coached_agent_cannot_consult(call: Call) -> None:
    refusal = start_consult(call, "agent", "second", "ben", is_coached=True)
    assert refused(refusal) == RefusalCode.CONSULT_WHILE_COACHED


@pytest.mark.promise("V7")
@pytest.mark.parametrize(
    ("call", "where"),
    [
        (talking(), {"customer": "main", "agent": "left", "sup": "main"}),
        (held(), {"customer": "hold", "agent": "left", "sup": "main"}),
        (consulting(), {"customer": "hold", "agent": "left", "second": "consult", "sup": "consult"}),
    ],
)
def test_taking_over_puts_the_supervisor_where_the_agent_was(call: Call, where: dict[str, str]) -> None:
    after = done(take_over(call, "agent", "sup", "sue"))
    assert (after.state, places(after)) == (CallState.ACTIVE, where)
    seat = after.seat("sup")
    assert seat is not None
    assert (seat.purpose, seat.user_id, seat.is_muted) == (Purpose.SUPERVISOR, "sue", False)
    assert after.in_control == seat


@pytest.mark.promise("V7")
def test_supervisor_who_took_over_can_hold_resume_consult_transfer_and_end() -> None:
    call = done(take_over(talking(), "agent", "sup", "sue"))
    assert places(done(resume(done(hold(call, "sup")), "sup"))) == places(call)
    assert places(done(hold(call, "sup")))["customer"] == "hold"
    consult = done(answer(done(start_consult(call, "sup", "second", "ben", is_coached=False)), "second"))
    assert places(done(complete_transfer(consult, "sup"))) == {
        "customer": "main",
        "agent": "left",
        "sup": "left",
        "second": "main",
    }
    assert places(done(blind_transfer_to_queue(call, "sup")))["customer"] == "queue"
    assert places(done(blind_transfer_to_agent(call, "sup", "next", "ana")))["next"] == "ringing"
    assert done(end(call, "sup")).state == CallState.ENDED


def test_supervisor_who_is_disconnected_after_taking_over_leaves_the_customer_to_the_queue() -> None:
    after = done(leave(done(take_over(talking(), "agent", "sup", "sue")), "sup"))
    assert (after.state, after.customer.group) == (CallState.WAITING, "queue")


def test_supervisor_may_take_over_muted() -> None:
    seat = done(take_over(talking(), "agent", "sup", "sue", is_muted=True)).seat("sup")
    assert seat is not None
    assert seat.is_muted


def test_timeline_entry_names_its_seats() -> None:
    assert Happened(Happening.HELD, "agent").other_seat_id is None
