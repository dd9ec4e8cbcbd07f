"""Who ended a call, as the events of lines and bridges tell it."""

from collections.abc import Sequence

import pytest

from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.switch import Switch
from sideline.voice.asterisk.wire import Bridge, Channel, Event


def line(name: str) -> Channel:
    return Channel(name, f"PJSIP/{name}-00000001", "Up")


def talking(*names: str) -> Switch:
    """Return a switch where these are in one bridge."""
    switch = Switch(Names())
    switch.start_over([line(each) for each in names], [Bridge("b", names)])
    return switch


def hangs_up(switch: Switch, name: str, *stay: str) -> None:
    switch.fold(Event("ChannelHangupRequest", channel=line(name)))
    switch.fold(Event("ChannelLeftBridge", channel=line(name), bridge=Bridge("b", stay)))
    switch.fold(Event("ChannelDestroyed", channel=line(name)))


def test_of_two_the_first_to_hang_up_has_ended_the_call() -> None:
    switch = talking("customer", "agent")
    hangs_up(switch, "agent", "customer")
    hangs_up(switch, "customer")
    assert switch.ended_by("customer") == "agent"


@pytest.mark.parametrize("others", [("agent", "colleague"), ("agent", "colleague", "other")])
def test_of_three_and_more_whoever_goes_while_two_stay_has_not_ended_their_call(others: Sequence[str]) -> None:
    switch = talking("customer", *others)
    *early, last = others
    for index, each in enumerate(early):
        hangs_up(switch, each, "customer", *others[index + 1 :])
    hangs_up(switch, "customer", last)
    hangs_up(switch, last)
    assert [switch.ended_by(each) for each in ("customer", last)] == ["customer", "customer"]
