"""What a real Asterisk told of calls, folded: who was on them, with whom, and how they ended.

The recordings are made by ``tests/support/record_pbx_events.py``.
"""

import msgspec
import pytest

from sideline.voice.asterisk.calls import Memory, is_in_doubt, look
from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.switch import Switch
from sideline.voice.asterisk.wire import Bridge, Channel, Event
from sideline.voice.engine import PbxCall, PbxParty
from tests.support.pbx_recordings import Point, read_recording, recordings

USERS = frozenset({"1001", "1002", "1003"})


class Watch:
    """Follows a recording as the engine does."""

    def __init__(self) -> None:
        self.switch = Switch(Names())
        self.memory = Memory()
        self.ended: dict[str, str] = {}
        """By call that is over, who hung up."""

    def look(self, *, patiently: bool = False) -> dict[str, PbxCall]:
        """Return the calls as they are now; ``patiently`` those in doubt as they were before."""
        seen = look(self.switch, USERS, self.memory)
        self.memory.note(seen)
        for call_id, each in seen.items():
            assert call_id not in self.ended, "a call that was over came back"
            if patiently and is_in_doubt(each, self.switch, self.memory):
                continue
            self.memory.calls[call_id] = each.call
        for call_id in self.memory.calls.keys() - seen.keys():
            by = self.switch.ended_by(call_id)
            self.ended[call_id] = self.memory.party_of.get(by, by)
            self.memory.forget(call_id)
        if patiently:
            return dict(self.memory.calls)
        return {call_id: each.call for call_id, each in seen.items()}

    def take(self, line: Event | Point) -> None:
        if isinstance(line, Event):
            self.switch.fold(line)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A call in a table of these tests: people by their numbers."""

    talking: tuple[str, ...] = ()
    """Who hear each other, those who came first, first; of several groups one after the other."""
    silent: tuple[str, ...] = ()
    with_customer: tuple[str, ...] = ()
    direction: str = "inbound"
    queue: str = ""
    is_held: bool | None = False
    is_taken: bool = False
    transferred_by: str = ""


def name_of(party: PbxParty) -> str:
    return party.endpoint if party.is_internal else party.number


def said(call: PbxCall, names: dict[str, str]) -> Said:
    """Return a call as a table has it; ``names`` keeps who was on it."""
    names |= {party.id: name_of(party) for party in call.parties}
    groups: dict[str, list[str]] = {}
    for party in call.parties:
        groups.setdefault(party.group, []).append(name_of(party))
    silent = groups.pop("", [])
    assert all(len(group) > 1 for group in groups.values()), "whoever talks talks with somebody"
    return Said(
        talking=tuple(name for group in groups.values() for name in group),
        silent=tuple(silent),
        with_customer=tuple(name_of(party) for party in call.parties if party.is_with_customer),
        direction=call.direction,
        queue=call.queue,
        is_held=call.is_held,
        is_taken=call.is_taken,
        transferred_by=names.get(call.transferred_by, call.transferred_by),
    )


ANA, BEN = "1001", "1002"
CARL, DORA, EXPERT = "+4930111", "+4930222", "+4930999"
"""Customers, and somebody outside who is asked."""


def waits(customer: str = CARL, **more: object) -> Said:
    return msgspec.structs.replace(Said(silent=(customer,)), **more)


def talks(*people: str, **more: object) -> Said:
    people = people or (CARL, ANA)
    return msgspec.structs.replace(Said(talking=people, with_customer=people[1:]), **more)


def holds(agent: str = ANA, **more: object) -> Said:
    return msgspec.structs.replace(Said(silent=(CARL, agent), with_customer=(agent,), is_held=True), **more)


def asks(whom: str = BEN, **more: object) -> Said:
    said = Said(talking=(ANA, whom), silent=(CARL,), with_customer=(ANA,), is_held=True)
    return msgspec.structs.replace(said, **more)


def queued(queue: str) -> dict[str, list[Said]]:
    return {
        "waiting": [waits(queue=queue)],
        "talking": [talks(queue=queue)],
        "held": [holds(queue=queue)],
        "resumed": [talks(queue=queue)],
    }


def sent_on(queue: str) -> dict[str, list[Said]]:
    return {
        "talking": [talks(queue=queue)],
        "sent": [waits(transferred_by=ANA, queue=queue)],
        "answered": [talks(CARL, BEN, transferred_by=ANA, queue=queue)],
    }


def given_on(queue: str, to: str = BEN) -> dict[str, list[Said]]:
    return {
        "talking": [talks(queue=queue)],
        "held": [holds(queue=queue)],
        "consulting": [asks(to, queue=queue)],
        "transferred": [talks(CARL, to, queue=queue, transferred_by=ANA)],
    }


SCENES: dict[str, tuple[dict[str, list[Said]], list[str]]] = {
    "inbound": ({"ringing": [waits()], "talking": [talks()]}, [CARL]),
    "outbound": ({"ringing": [], "talking": [talks(EXPERT, ANA, direction="outbound")]}, [ANA]),
    "queue": (queued("sales"), [ANA]),
    "queue_local": (queued("support"), [ANA]),
    "queue_local_n": (queued("care"), [ANA]),
    "given_up_in_queue": ({"waiting": [waits(queue="sales")]}, [CARL]),
    "hold": ({"talking": [talks()], "held": [holds()], "resumed": [talks()], "held again": [holds()]}, [ANA]),
    "hold_and_gone": ({"talking": [talks()], "held": [holds()]}, [CARL]),
    "blind_transfer": (
        {
            "talking": [talks(CARL, BEN)],
            "sent": [waits(transferred_by=BEN)],
            "answered": [talks(CARL, ANA, transferred_by=BEN)],
        },
        [ANA],
    ),
    "blind_transfer_to_queue": (
        {
            "talking": [talks(CARL, BEN)],
            "sent": [waits(transferred_by=BEN, queue="sales")],
            "answered": [talks(CARL, ANA, transferred_by=BEN, queue="sales")],
        },
        [ANA],
    ),
    "blind_transfer_local": (sent_on("support"), [BEN]),
    "blind_transfer_local_n": (sent_on("care"), [BEN]),
    "attended_transfer": (given_on(""), [BEN]),
    "attended_transfer_local": (given_on("support"), [BEN]),
    "attended_transfer_local_n": (given_on("care"), [BEN]),
    "attended_transfer_outside": (given_on("", EXPERT), [EXPERT]),
    "consult_and_back": (
        {"talking": [talks()], "held": [holds()], "consulting": [asks()], "back": [talks()]},
        [CARL],
    ),
    "consult_and_swap": (
        {
            "talking": [talks()],
            "held": [holds()],
            "consulting": [asks()],
            "with the customer": [Said(talking=(CARL, ANA), silent=(BEN,), with_customer=(ANA,))],
            "with the colleague": [asks()],
        },
        [CARL],
    ),
    "consult_and_customer_gone": (
        {"talking": [talks()], "held": [holds()], "consulting": [asks()], "customer gone": []},
        [CARL],
    ),
    "click_to_dial": (
        {
            "talking": [talks(EXPERT, ANA, direction="outbound")],
            "held": [msgspec.structs.replace(holds(), silent=(EXPERT, ANA), direction="outbound")],
            "consulting": [msgspec.structs.replace(asks(), silent=(EXPERT,), direction="outbound")],
        },
        [EXPERT],
    ),
    "kick": (
        {
            "talking": [talks(queue="sales")],
            "monitored": [talks(queue="sales")],
            "taken": [waits(queue="sales", is_taken=True)],
            "taken and waiting": [waits(queue="sales", is_taken=True)],
            "given": [talks(CARL, BEN, queue="sales")],
        },
        [CARL],
    ),
    "call_waiting": (
        {
            "talking": [talks()],
            "knocking": [talks(), waits(DORA)],
            "first held": [holds(), waits(DORA)],
            "talking with the second": [holds(), talks(DORA, ANA)],
            "second gone": [talks()],
        },
        [DORA, CARL],
    ),
    "among_agents": ({"talking": []}, []),
}
"""By recording: the calls at its points, and who hung up one after the other."""


def test_every_recording_is_in_the_table() -> None:
    assert recordings() == sorted(SCENES)


@pytest.mark.parametrize("scene", SCENES)
def test_calls_are_as_the_telephones_had_them(scene: str) -> None:
    points, ended_by = SCENES[scene]
    watch, names = Watch(), dict[str, str]()
    found: dict[str, list[Said]] = {}
    for line in read_recording(scene):
        watch.take(line)
        if isinstance(line, Point):
            found[line.point] = [said(call, names) for call in watch.look().values()]
    assert found == {**points, "over": []}
    assert [names[by] for by in watch.ended.values()] == ended_by


@pytest.mark.parametrize("scene", SCENES)
def test_calls_are_the_same_however_often_one_looks(scene: str) -> None:
    seldom, often = Watch(), Watch()
    for line in read_recording(scene):
        for watch in (seldom, often):
            watch.take(line)
        among = often.look()
        if isinstance(line, Point):
            assert among == seldom.look()
    assert often.ended == seldom.ended


@pytest.mark.parametrize("scene", SCENES)
def test_a_customer_who_hangs_up_is_gone_before_the_agent_is_said_to_have_left(scene: str) -> None:
    watch = Watch()
    for line in read_recording(scene):
        watch.take(line)
        hung_up = line.channel if isinstance(line, Event) and line.type == "ChannelHangupRequest" else None
        calls = watch.look()
        assert hung_up is None or hung_up.id not in calls


@pytest.mark.parametrize("is_late", [False, True], ids=["in order", "transfer told last"])
@pytest.mark.parametrize("scene", SCENES)
def test_nobody_is_said_to_have_left_who_transferred_the_customer(scene: str, is_late: bool) -> None:
    """Whenever one looks: Asterisk tells of a transfer before, among or after the goings that it consists of."""
    lines = transfers_told_last(scene) if is_late else read_recording(scene)
    watch = Watch()
    told: dict[str, PbxCall] = {}
    gave = {call.transferred_by for calls in calls_at_points(lines).values() for call in calls} - {""}
    for line in lines:
        watch.take(line)
        calls = watch.look(patiently=True)
        for call_id, call in calls.items():
            there = {party.id for party in call.parties}
            gone = {party.id for party in told.get(call_id, call).parties} - there
            assert not gone & gave or call.transferred_by in gone
        told = calls
        if isinstance(line, Point):
            assert calls == watch.look(), "nothing is left in doubt"


MOVING = ("attended", "blind", "kick", "queue_local")
"""Where somebody is taken out of one bridge, and only then put into another."""


@pytest.mark.parametrize("scene", [scene for scene in SCENES if not scene.startswith(MOVING)])
def test_nothing_is_told_late_where_people_only_come_and_hang_up(scene: str) -> None:
    now, patient = Watch(), Watch()
    for line in read_recording(scene):
        for watch in (now, patient):
            watch.take(line)
        assert patient.look(patiently=True) == now.look()


def transfers_told_last(scene: str) -> list[Event | Point]:
    found: list[Event | Point] = []
    late: list[Event | Point] = []
    for line in read_recording(scene):
        if isinstance(line, Event) and "Transfer" in line.type:
            late.append(line)
            continue
        if isinstance(line, Point):
            found, late = [*found, *late], []
        found.append(line)
    return found


@pytest.mark.parametrize("scene", SCENES)
def test_lines_and_bridges_are_those_that_asterisk_answers_with(scene: str) -> None:
    watch = Watch()
    for line in read_recording(scene):
        watch.take(line)
        if isinstance(line, Point):
            within = {channel: bridge.id for bridge in line.bridges for channel in bridge.channels}
            there = {channel.id: within.get(channel.id, "") for channel in line.channels}
            assert {id_: each.bridge for id_, each in watch.switch.lines.items()} == there


@pytest.mark.parametrize("scene", SCENES)
def test_nobody_is_another_party_later(scene: str) -> None:
    watch, party_of = Watch(), dict[str, str]()
    for line in read_recording(scene):
        watch.take(line)
        watch.look()
        for each in watch.switch.lines:
            party = watch.memory.party_of.get(each)
            if party is not None:
                assert party_of.setdefault(each, party) == party


@pytest.mark.parametrize("scene", SCENES)
def test_a_connection_that_was_away_at_any_moment_changes_nothing(scene: str) -> None:
    lines = read_recording(scene)
    whole = calls_at_points(lines)
    for cut in range(len(lines)):
        watch = Watch()
        for line in lines[:cut]:
            watch.take(line)
            watch.look()
        watch.switch.start_over(*there_is(watch.switch))
        assert calls_at_points(lines[cut:], watch) == {p: c for p, c in whole.items() if p in points_of(lines[cut:])}


@pytest.mark.parametrize("scene", SCENES)
def test_calls_that_run_when_sideline_starts_are_picked_up_as_they_are(scene: str) -> None:
    lines = read_recording(scene)
    whole = calls_at_points(lines)
    for number, start in enumerate(lines):
        if isinstance(start, Point):
            watch = Watch()
            watch.switch.start_over(start.channels, start.bridges)
            assert_picked_up(list(watch.look().values()), whole[start.point])
            for point, calls in calls_at_points(lines[number + 1 :], watch).items():
                assert_picked_up(calls, whole[point])


def assert_picked_up(calls: list[PbxCall], whole: list[PbxCall]) -> None:
    """Compare what one sees who came later with what one sees who was there from the beginning.

    Nothing tells later for whom a telephone rings, or that a user was on a call.
    """
    known = {call.id: call for call in whole}
    assert {call.id for call in whole if is_plain(call)} <= {call.id for call in calls}
    for found in calls:
        call = known[found.id]
        assert (found.direction, found.is_taken) == (call.direction, call.is_taken)
        assert [(p.id, p.is_with_customer) for p in found.parties] == [(p.id, p.is_with_customer) for p in call.parties]
        if found.is_held is not None:
            assert found.is_held == call.is_held
            assert found.parties == call.parties


def is_plain(call: PbxCall) -> bool:
    """Return whether anybody sees that the call is one of the centre's."""
    is_waiting = bool(call.queue) and not call.transferred_by
    return is_waiting or call.is_taken or any(party.is_internal for party in call.parties)


def calls_at_points(lines: list[Event | Point], watch: Watch | None = None) -> dict[str, list[PbxCall]]:
    """Return the calls at each point, as one sees them who looks after every event."""
    watch = watch or Watch()
    found: dict[str, list[PbxCall]] = {}
    for line in lines:
        watch.take(line)
        calls = watch.look()
        if isinstance(line, Point):
            found[line.point] = list(calls.values())
    return found


def points_of(lines: list[Event | Point]) -> set[str]:
    return {line.point for line in lines if isinstance(line, Point)}


def there_is(switch: Switch) -> tuple[list[Channel], list[Bridge]]:
    """Return what Asterisk would answer now."""
    members: dict[str, list[str]] = {}
    for line in switch.lines.values():
        if line.bridge:
            members.setdefault(line.bridge, []).append(line.id)
    return [line.channel for line in switch.lines.values()], [Bridge(id_, tuple(all_)) for id_, all_ in members.items()]
