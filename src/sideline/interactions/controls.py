"""Which controls a person has on a call now: each rule is asked, nothing is decided here."""

from sideline.kit.abilities import Abilities, ability, allowed
from sideline.rules import call_control, call_ringing, pbx_call
from sideline.rules.call import Call, CallState, Outcome, Seat, SeatState, Step

ANYONE = "anyone"
"""Stands for a person or a seat that is not chosen yet."""


def hang_up(call: Call, by: str) -> Outcome:
    """Put the receiver down: end the call or, as a consulted agent, leave the consult."""
    seat = call.seat(by)
    if seat is not None and seat.is_consulted and seat.is_joined:
        return call_control.leave(call, by)
    return call_control.end(call, by)


def call_abilities(call: Call, seat: Seat, *, is_coached: bool, has_joined: bool, is_on_pbx: bool = False) -> Abilities:
    """Return the controls of ``seat``, which is or was on the call.

    A control that would do nothing (hold a held customer) or that belongs to
    another state (answer what doesn't ring) is left out.
    """
    found: Abilities = {} if call_control.may_set_result_code(has_joined=has_joined) else {"set_result_code": allowed()}
    if call.state == CallState.ENDED or not seat.is_live:
        return found
    if seat.state == SeatState.RINGING:
        found["answer"] = ability(call_ringing.answer(call, seat.id))
        found["decline"] = ability(call_ringing.decline(call, seat.id))
        return found
    outcomes: dict[str, Outcome] = {
        "mute": call_control.mute(call, seat.id),
        "unmute": call_control.unmute(call, seat.id),
        "hold": call_control.hold(call, seat.id),
        "resume": call_control.resume(call, seat.id),
        "consult": call_control.start_consult(call, seat.id, ANYONE, ANYONE, is_coached=is_coached),
        "transfer": call_control.blind_transfer_to_queue(call, seat.id),
        "end": hang_up(call, seat.id),
    }
    if call.consulted is not None:
        outcomes["cancel_consult"] = call_control.cancel_consult(call, seat.id)
        outcomes["complete_transfer"] = call_control.complete_transfer(call, seat.id)
    for name, outcome in outcomes.items():
        if not _is_idle(outcome):
            refused = pbx_call.may_use(name, seat) if is_on_pbx else None
            found[name] = ability(refused or outcome)
    return found


def _is_idle(outcome: Outcome) -> bool:
    return isinstance(outcome, Step) and not outcome.happened
