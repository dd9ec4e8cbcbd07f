"""Calls in every live state, reached by the steps that a real call takes."""

from sideline.rules.audibility import MUSIC, Listening, Mode, Routes, routes
from sideline.rules.call import Call, Outcome, Step, new_call, to_world
from sideline.rules.call_control import (
    blind_transfer_to_agent,
    blind_transfer_to_queue,
    complete_transfer,
    customer_left,
    hold,
    start_consult,
)
from sideline.rules.call_ringing import answer, offer


def done(outcome: Outcome) -> Call:
    """The call after a step that must have been taken."""
    assert isinstance(outcome, Step), outcome
    return outcome.call


def waiting() -> Call:
    return new_call("customer")


def offering() -> Call:
    return done(offer(waiting(), "agent", "ana"))


def talking() -> Call:
    return done(answer(offering(), "agent"))


def held() -> Call:
    return done(hold(talking(), "agent"))


def asking() -> Call:
    """The agent has asked for a consult that rings."""
    return done(start_consult(talking(), "agent", "second", "ben", is_coached=False))


def consulting() -> Call:
    return done(answer(asking(), "second"))


def transferred() -> Call:
    return done(complete_transfer(consulting(), "agent"))


def sent_to_agent() -> Call:
    """Blindly transferred, and the next agent rings."""
    return done(blind_transfer_to_agent(talking(), "agent", "second", "ben"))


def sent_to_queue() -> Call:
    return done(blind_transfer_to_queue(talking(), "agent"))


def ended() -> Call:
    return done(customer_left(talking()))


STATES = {
    state.__name__: state
    for state in (
        waiting,
        offering,
        talking,
        held,
        asking,
        consulting,
        transferred,
        sent_to_agent,
        sent_to_queue,
        ended,
    )
}


def routes_of(call: Call, *listenings: Listening) -> Routes:
    return routes(to_world(call, listenings))


def supervised(call: Call, mode: Mode, target: str, *, is_muted: bool = False) -> Routes:
    """The routes of a call with one supervisor named "supervisor"."""
    return routes_of(call, Listening("supervisor", target, mode, is_muted))


def hearers(of: str, among: Routes) -> set[str]:
    return {route.listener for route in among if route.speaker == of}


def voices_heard(by: str, among: Routes) -> set[str]:
    return {route.speaker for route in among if route.listener == by}


def people_heard(by: str, among: Routes) -> set[str]:
    return voices_heard(by, among) - {MUSIC}
