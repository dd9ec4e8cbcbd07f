"""What ends an engagement, and the reason that the supervisor reads."""

import pytest

from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import Call, Happened, Happening, Outcome, Step
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
)
from sideline.rules.call_ringing import answer, decline, offer, offer_timed_out
from sideline.rules.engagement import Engagement, EngagementPolicy, EngagementState
from sideline.rules.engagement_end import EndReason, PhoneEvent, after_phone, after_step
from tests.rules.calls import (
    asking,
    consulting,
    done,
    held,
    offering,
    sent_to_agent,
    sent_to_queue,
    talking,
    transferred,
)

MONITOR, COACH, BARGE = Mode.MONITOR, Mode.COACH, Mode.BARGE
FOLLOW = EngagementPolicy(monitor_follows_customer=True)
NO_FOLLOW = EngagementPolicy(monitor_follows_customer=False)


def on(target: str, mode: Mode, state: EngagementState = EngagementState.ACTIVE) -> Engagement:
    purpose = Purpose.CUSTOMER if target == "customer" else Purpose.AGENT
    return Engagement("supervisor", "sue", target, purpose, mode, state)


def reason(outcome: Outcome, engagement: Engagement, policy: EngagementPolicy = FOLLOW, next_ok: bool = True):
    assert isinstance(outcome, Step), outcome
    return after_step(engagement, outcome, policy, may_monitor_next=next_ok)


def taken_over(call: Call | None = None, seat: str = "other") -> Outcome:
    return take_over(call or talking(), "agent", seat, "tom")


TRANSFERS = {
    "completed": complete_transfer(consulting(), "agent"),
    "blind to agent": blind_transfer_to_agent(talking(), "agent", "second", "ben"),
    "blind to queue": blind_transfer_to_queue(talking(), "agent"),
}

GOES_ON = {
    "hold": hold(talking(), "agent"),
    "resume": resume(held(), "agent"),
    "mute": mute(talking(), "agent"),
    "consult": start_consult(talking(), "agent", "second", "ben", is_coached=False),
    "consult answered": answer(asking(), "second"),
    "consult declined": decline(asking(), "second"),
    "consult missed": offer_timed_out(asking(), "second"),
    "consult cancelled": cancel_consult(consulting(), "agent"),
    "consulted agent left": leave(consulting(), "second"),
}


@pytest.mark.parametrize("step", GOES_ON)
@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
@pytest.mark.parametrize("target", ["agent", "customer"])
@pytest.mark.parametrize("policy", [FOLLOW, NO_FOLLOW])
def test_engagement_outlives_what_does_not_take_its_target_away(step, mode, target, policy) -> None:
    assert reason(GOES_ON[step], on(target, mode), policy, next_ok=False) is None


@pytest.mark.promise("V15")
@pytest.mark.parametrize("transfer", TRANSFERS)
@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
@pytest.mark.parametrize("policy", [FOLLOW, NO_FOLLOW])
def test_transfer_ends_what_was_on_the_agent_with_the_reason(transfer, mode, policy) -> None:
    assert reason(TRANSFERS[transfer], on("agent", mode), policy) == EndReason.AGENT_TRANSFERRED


@pytest.mark.promise("V15")
@pytest.mark.parametrize("transfer", TRANSFERS)
def test_monitor_of_the_customer_goes_on_after_a_transfer_where_policy_says_follow(transfer) -> None:
    assert reason(TRANSFERS[transfer], on("customer", MONITOR), FOLLOW) is None
    assert reason(TRANSFERS[transfer], on("customer", MONITOR), NO_FOLLOW) == EndReason.AGENT_TRANSFERRED


@pytest.mark.parametrize("transfer", TRANSFERS)
@pytest.mark.parametrize("mode", [COACH, BARGE])
@pytest.mark.parametrize("policy", [FOLLOW, NO_FOLLOW])
def test_who_speaks_on_the_customers_side_does_not_follow_a_transfer(transfer, mode, policy) -> None:
    assert reason(TRANSFERS[transfer], on("customer", mode), policy) == EndReason.AGENT_TRANSFERRED


def test_monitor_does_not_follow_to_an_agent_whom_they_may_not_monitor() -> None:
    monitoring = on("customer", MONITOR)
    for step in (
        TRANSFERS["completed"],
        TRANSFERS["blind to agent"],
        answer(sent_to_agent(), "second"),
        answer(done(offer(sent_to_queue(), "second", "ben")), "second"),
    ):
        assert reason(step, monitoring, FOLLOW, next_ok=False) == EndReason.AGENT_TRANSFERRED
        assert reason(step, monitoring, FOLLOW, next_ok=True) is None


@pytest.mark.parametrize("next_ok", [True, False])
def test_offering_and_missing_a_call_ends_nothing_on_the_customers_side(next_ok: bool) -> None:
    for step in (
        offer(sent_to_queue(), "second", "ben"),
        decline(sent_to_agent(), "second"),
        offer_timed_out(sent_to_agent(), "second"),
    ):
        assert reason(step, on("customer", MONITOR), FOLLOW, next_ok) is None


def test_engagement_on_the_consulted_agent_goes_on_when_the_call_becomes_theirs() -> None:
    for mode in (MONITOR, COACH, BARGE):
        assert reason(TRANSFERS["completed"], on("second", mode)) is None


@pytest.mark.parametrize(
    "step", [cancel_consult(consulting(), "agent"), leave(consulting(), "second"), leave(consulting(), "agent")]
)
def test_engagement_on_the_consulted_agent_ends_with_the_consult(step: Outcome) -> None:
    assert reason(step, on("second", MONITOR)) == EndReason.AGENT_LEFT


@pytest.mark.promise("V15")
@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
@pytest.mark.parametrize("target", ["agent", "customer"])
def test_customer_who_hangs_up_ends_every_engagement(mode: Mode, target: str) -> None:
    for call in (talking(), held(), consulting()):
        assert reason(customer_left(call), on(target, mode)) == EndReason.CUSTOMER_LEFT
    assert reason(leave(talking(), "customer"), on(target, mode)) == EndReason.CUSTOMER_LEFT


@pytest.mark.promise("V15")
@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
@pytest.mark.parametrize("target", ["agent", "customer"])
def test_agent_who_ends_the_call_ends_every_engagement(mode: Mode, target: str) -> None:
    assert reason(end(talking(), "agent"), on(target, mode)) == EndReason.CALL_ENDED


def test_agent_whose_phone_is_lost_ends_what_was_on_them_alone() -> None:
    lost = leave(talking(), "agent")
    assert reason(lost, on("agent", COACH)) == EndReason.AGENT_LEFT
    for mode in (MONITOR, BARGE):
        assert reason(lost, on("customer", mode), NO_FOLLOW) is None


@pytest.mark.promise("V7")
def test_taking_over_removes_the_agent_and_what_was_on_them() -> None:
    for mode in (MONITOR, COACH, BARGE):
        assert reason(taken_over(), on("agent", mode)) == EndReason.AGENT_REMOVED
        assert reason(taken_over(), on("customer", mode), NO_FOLLOW) is None
        # Who follows a customer does not thereby hear somebody whom they have no right to hear.
        assert reason(taken_over(), on("customer", mode), next_ok=False) == EndReason.AGENT_REMOVED


@pytest.mark.parametrize("mode", Mode)
def test_engagement_that_takes_over_goes_on(mode: Mode) -> None:
    assert reason(taken_over(seat="supervisor"), on("agent", mode)) is None


def test_engagement_that_takes_over_goes_on_whatever_else_happened_in_the_step() -> None:
    step = taken_over(seat="supervisor")
    assert isinstance(step, Step)
    also = Happened(Happening.UNMUTED, "supervisor")
    for both in ((*step.happened, also), (also, *step.happened)):
        assert reason(Step(step.call, both), on("agent", COACH)) is None


def _own_call() -> Call:
    return done(taken_over(seat="supervisor"))


@pytest.mark.promise("V7")
def test_who_took_over_goes_on_until_they_leave_transfer_or_end() -> None:
    took_over = on("agent", Mode.BARGE_KICK)
    call = _own_call()
    assert reason(hold(call, "supervisor"), took_over) is None
    asked = start_consult(call, "supervisor", "second", "ben", is_coached=False)
    assert reason(asked, took_over) is None
    answered = answer(done(asked), "second")
    assert reason(answered, took_over) is None
    completed = complete_transfer(done(answered), "supervisor")
    assert reason(completed, took_over) == EndReason.TRANSFERRED_AWAY
    assert reason(blind_transfer_to_queue(call, "supervisor"), took_over) == EndReason.TRANSFERRED_AWAY
    blind = blind_transfer_to_agent(call, "supervisor", "second", "ben")
    assert reason(blind, took_over) == EndReason.TRANSFERRED_AWAY
    assert reason(leave(call, "supervisor"), took_over) == EndReason.PHONE_LOST
    assert reason(end(call, "supervisor"), took_over) == EndReason.CALL_ENDED
    assert reason(customer_left(call), took_over) == EndReason.CUSTOMER_LEFT


def test_a_take_over_that_the_pbx_refuses_ends_the_engagement_of_who_asked_for_it_and_no_other() -> None:
    call = _own_call()
    step = Step(done(leave(call, "supervisor")), (Happened(Happening.TAKE_OVER_FAILED, "supervisor"),))
    assert reason(step, on("agent", Mode.BARGE_KICK)) == EndReason.TAKE_OVER_FAILED
    other = Engagement("other", "kim", "customer", Purpose.CUSTOMER, MONITOR, EngagementState.ACTIVE)
    assert reason(step, other) is None


def test_who_asked_to_take_over_without_getting_the_seat_is_not_kept_waiting() -> None:
    assert reason(leave(talking(), "agent"), on("agent", Mode.BARGE_KICK)) == EndReason.PHONE_LOST


def test_engagement_whose_phone_still_rings_ends_with_its_target_too() -> None:
    connecting = on("agent", MONITOR, EngagementState.CONNECTING)
    assert reason(TRANSFERS["completed"], connecting) == EndReason.AGENT_TRANSFERRED
    assert reason(customer_left(talking()), connecting) == EndReason.CUSTOMER_LEFT


def test_ended_engagement_ends_no_second_time() -> None:
    for step in (customer_left(talking()), end(talking(), "agent"), TRANSFERS["completed"], taken_over()):
        assert reason(step, on("agent", COACH, EngagementState.ENDED)) is None


def test_step_in_which_nothing_happened_ends_nothing() -> None:
    assert reason(Step(transferred()), on("agent", COACH)) is None
    assert reason(resume(talking(), "agent"), on("agent", COACH)) is None


def test_target_that_the_call_does_not_know_counts_as_gone() -> None:
    assert reason(hold(talking(), "agent"), on("stranger", MONITOR)) == EndReason.AGENT_LEFT


def test_engagement_waits_for_an_agent_who_rings() -> None:
    assert reason(offer(sent_to_queue(), "second", "ben"), on("second", MONITOR)) is None
    assert reason(decline(offering(), "agent"), on("agent", MONITOR)) == EndReason.AGENT_LEFT


@pytest.mark.parametrize(
    ("event", "ends_with"),
    [
        ("answered", None),
        ("no_answer", "no_answer"),
        ("busy", "busy"),
        ("refused", "refused"),
        ("unreachable", "unreachable"),
        ("hung_up", "supervisor_stopped"),
        ("lost", "phone_lost"),
    ],
)
def test_phone_that_is_not_answered_ends_the_session_with_that_reason(event: str, ends_with: str | None) -> None:
    assert after_phone(PhoneEvent(event)) == (EndReason(ends_with) if ends_with else None)
