"""Which lines of the PBX are calls, and who is on them. Pure.

A call is a customer's line and everyone who is, or is being, connected to it.
The customer's is a line whose endpoint is no user's phone. An agent who
consults has two lines: one holds the customer, with the other the agent has
dialled the consulted party; both belong to the one call.
"""

from collections.abc import Mapping
from itertools import permutations

import msgspec

from sideline.voice.asterisk.call_data import CallData
from sideline.voice.asterisk.switch import Line, Switch, groups
from sideline.voice.engine import PartyId, PbxCall, PbxParty


class Seen(msgspec.Struct, frozen=True):
    """A call, and the lines that each of its parties has there."""

    call: PbxCall
    lines: Mapping[PartyId, tuple[Line, ...]]


class Memory(msgspec.Struct):
    """What must be remembered of calls from one look to the next."""

    calls: dict[str, PbxCall] = {}
    """As they were told last."""
    party_of: dict[str, PartyId] = {}
    """The party whose a line is or was, as long as its call lasts."""
    call_of: dict[str, str] = {}
    """The call that a line is or was on, as long as that lasts."""
    data: CallData = msgspec.field(default_factory=CallData)
    """Fields of :class:`PbxCall` that channel variables tell, by line."""

    def note(self, seen: Mapping[str, Seen]) -> None:
        """Remember whose the lines of these calls are."""
        for call_id, each in seen.items():
            for party, lines in each.lines.items():
                self.party_of |= {line.id: party for line in lines}
                self.call_of |= {line.id: call_id for line in lines}

    def forget(self, call_id: str) -> None:
        """Forget a call that is over, and whoever was on it, also those who had left."""
        self.calls.pop(call_id, None)
        self.data.forget(call_id)
        for line in [line for line, call in self.call_of.items() if call == call_id]:
            del self.call_of[line], self.party_of[line]


def look(switch: Switch, internal: frozenset[str], memory: Memory) -> dict[str, Seen]:
    """Return the calls that are to be told now, by id; ``internal`` are users' endpoints.

    A customer who hung up ends the call at once: the agent's line may go a
    moment before theirs, and nobody should be told that the agent left them.
    """
    lines = {id_: line for id_, line in switch.lines.items() if line.is_party}
    together = groups(switch.lines)
    seen: dict[str, Seen] = {}
    for cluster in _clusters(lines, together, internal, memory):
        customer = _customer(cluster, internal, memory)
        if customer is not None and not customer.is_leaving and _is_told(customer, cluster, switch, internal, memory):
            seen[customer.id] = _seen(customer, cluster, together, switch, internal, memory)
    return seen


def is_in_doubt(seen: Seen, switch: Switch, memory: Memory) -> bool:
    """Return whether somebody has gone as one goes who transfers, since the call was told, and no transfer was."""
    told = memory.calls.get(seen.call.id)
    gone = {party.id for party in told.parties} - seen.lines.keys() if told is not None else set()
    if not gone or seen.call.is_taken or seen.call.transferred_by in gone:
        return False
    return any(party in gone and switch.has_slipped(line) for line, party in memory.party_of.items())


def _clusters(
    lines: Mapping[str, Line], together: Mapping[str, str], internal: frozenset[str], memory: Memory
) -> list[list[Line]]:
    """Return the lines that belong to one call, call by call."""
    root = {id_: id_ for id_ in lines}

    def find(line: str) -> str:
        while root[line] != line:
            line = root[line]
        return line

    first: dict[str, str] = {}
    for id_ in lines:
        if id_ in together:
            root[find(id_)] = find(first.setdefault(together[id_], id_))
    users: dict[str, list[Line]] = {}
    for line in lines.values():
        if line.endpoint in internal:
            users.setdefault(line.endpoint, []).append(line)
    for mine in users.values():
        for one, other in permutations(mine, 2):
            if other.order < one.order and _consults(one, other, memory):
                root[find(one.id)] = find(other.id)
    found: dict[str, list[Line]] = {}
    for line in sorted(lines.values(), key=lambda each: each.order):
        found.setdefault(find(line.id), []).append(line)
    return list(found.values())


def _consults(one: Line, other: Line, memory: Memory) -> bool:
    """Return whether someone asks a colleague with the line ``one`` about the call on their line ``other``.

    It stays so when they go back to the customer, and let the colleague wait.
    """
    party = memory.party_of.get(one.id)
    if party is not None and party == memory.party_of.get(other.id):
        return True
    return bool(one.bridge and other.bridge) and not one.is_callee and other.is_holding is not False


def _customer(cluster: list[Line], internal: frozenset[str], memory: Memory) -> Line | None:
    external = [line for line in cluster if line.endpoint not in internal]
    known = [line for line in external if line.id in memory.calls]
    # Whoever is asked about a call is no customer of another while that lasts.
    new = [line for line in external if line.id not in memory.call_of]
    return next(iter(known or new), None)


def _is_told(customer: Line, cluster: list[Line], switch: Switch, internal: frozenset[str], memory: Memory) -> bool:
    if customer.id in memory.calls:
        return True
    if customer.was_called and not customer.is_up:
        return False
    if customer.is_taken or _queue(customer):
        return True
    if any(line.endpoint in internal for line in cluster):
        return True
    return any(line.called_by == customer.id and line.endpoint in internal for line in switch.lines.values())


def _queue(customer: Line) -> str:
    dialplan = customer.channel.dialplan
    return dialplan.app_data.split(",")[0].strip() if dialplan.app_name == "Queue" else ""


def _seen(
    customer: Line,
    cluster: list[Line],
    together: Mapping[str, str],
    switch: Switch,
    internal: frozenset[str],
    memory: Memory,
) -> Seen:
    by_party: dict[PartyId, list[Line]] = {customer.id: [customer]}
    first_of: dict[str, PartyId] = {}
    for line in cluster:
        if line.id == customer.id or not (line.is_up and line.bridge):
            continue
        # A line that went does not change whose the others are.
        party = memory.party_of.get(line.id) or line.id
        if line.endpoint in internal:
            party = first_of.setdefault(line.endpoint, party)
        by_party.setdefault(party, []).append(line)
    everyone = [line for mine in by_party.values() for line in mine]
    others = [line for line in everyone if line.id != customer.id and _same(together, line, customer)]
    is_held = _is_held(others)
    parties = tuple(
        _party(party, mine, everyone, together, internal, customer, is_held) for party, mine in by_party.items()
    )
    former = memory.calls.get(customer.id)
    data = memory.data.of(customer.id)
    call = PbxCall(
        id=customer.id,
        customer=customer.id,
        parties=parties,
        direction=former.direction if former else "outbound" if customer.was_called else "inbound",
        is_held=is_held,
        is_taken=customer.is_taken,
        transferred_by=_transferred_by(customer, by_party, switch, memory),
        queue=_queue(customer) or (former.queue if former else ""),
        **data,
    )
    return Seen(call, {party: tuple(mine) for party, mine in by_party.items()})


def _is_held(others: list[Line]) -> bool | None:
    if not others:
        return False
    holding = {line.is_holding for line in others}
    if False in holding:
        return False
    return None if None in holding else True


def _party(
    party: PartyId,
    mine: list[Line],
    everyone: list[Line],
    together: Mapping[str, str],
    internal: frozenset[str],
    customer: Line,
    is_held: bool | None,
) -> PbxParty:
    is_customer = party == customer.id
    talking = [line for line in mine if line.is_holding is not True and _has_company(line, mine, everyone, together)]
    if is_customer and is_held:
        talking = []
    # With two lines, the one dialled last is where they talk.
    group = together[talking[-1].id] if talking else ""
    caller = mine[0].channel.caller
    return PbxParty(
        id=party,
        endpoint=mine[0].endpoint,
        is_internal=mine[0].endpoint in internal,
        number=caller.number,
        name=caller.name,
        group=group,
        is_with_customer=not is_customer and any(_same(together, line, customer) for line in mine),
    )


def _has_company(line: Line, mine: list[Line], everyone: list[Line], together: Mapping[str, str]) -> bool:
    return any(
        other not in mine and other.is_holding is not True and _same(together, line, other) for other in everyone
    )


def _same(together: Mapping[str, str], one: Line, other: Line) -> bool:
    return one.id in together and together.get(one.id) == together.get(other.id)


def _transferred_by(customer: Line, by_party: Mapping[PartyId, list[Line]], switch: Switch, memory: Memory) -> PartyId:
    by = switch.transferred_by.get(customer.id, "")
    party = memory.party_of.get(by, by)
    return "" if party in by_party else party
