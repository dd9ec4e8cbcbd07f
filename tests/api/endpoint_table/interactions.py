"""Who may call what of calls, customers, phones, queues and result codes."""

from collections.abc import Awaitable, Callable
from typing import Any

from sideline.interactions.bodies import CustomerCallIn, CustomerCallStarted
from sideline.interactions.call_commands import leave_everything
from sideline.interactions.call_facts import granted, load_call, save_step
from sideline.interactions.leg_owner import LegOwner, lock_owner, open_leg_of
from sideline.interactions.leg_states import close
from sideline.interactions.new_call import call_in
from sideline.kit.ids import new_id
from sideline.people.models import PresenceRow
from sideline.rules import call_control, call_ringing
from sideline.rules.permissions import Permission
from tests.api.endpoint_table.shape import (
    Ask,
    Case,
    Endpoint,
    Expected,
    Outcome,
    Side,
    World,
    anyone,
    needs,
    needs_somewhere,
    reaches,
)
from tests.support.interactions import TOKEN, Line, make_line, make_queue
from tests.support.people import MadeUser, make_user

_P = Permission


async def _line(world: World, side: Side) -> Line:
    key = f"interactions line {side}"
    if key not in world.kept:
        world.kept[key] = await make_line(world.api, world.teams[side])
    return world.kept[key]


async def _arrived(world: World, side: Side) -> CustomerCallStarted:
    line = await _line(world, side)
    async with world.api.database.transaction() as tx:
        return await call_in(tx, CustomerCallIn(queue_slug=line.slug), f"address-{new_id()}")


async def _phone(world: World, side: Side, user_id: str) -> str:
    """Give a user a phone that is up; return its id."""
    line = await _line(world, side)
    async with world.api.database.transaction() as tx:
        owner = LegOwner(user_id=user_id)
        loaded = await lock_owner(tx, owner)
        leg = await open_leg_of(tx, owner)
        if leg is not None:
            await close(tx, leg, loaded)
    return await line.connect(user_id=user_id)


async def _agent(case: Case, name: str) -> MadeUser:
    """Return an agent of that side who is free; the same each time."""
    key = f"interactions {name} {case.side}"
    if key not in case.world.kept:
        case.world.kept[key] = await make_user(case.api.database, "agent", team=case.team_id)
    user: MadeUser = case.world.kept[key]
    await _free(case, user)
    return user


async def _free(case: Case, user: MadeUser) -> None:
    await _phone(case.world, case.side, user.id)
    async with case.api.database.transaction() as tx:
        await leave_everything(tx, user.id)
    async with case.api.database.transaction() as tx:
        (await tx.session.get_one(PresenceRow, user.id)).status = "on_queue"


async def _call_of(case: Case, *, state: str) -> str:
    """Make a call that is ``ringing``, ``talking``, ``held``, ``consulting`` or ``answered`` (the consult).

    It is the asker's where they are an agent of its team, else somebody else's.
    """
    made = await _arrived(case.world, case.side)
    is_mine = case.me is not None and case.role == "agent" and case.side == Side.OWN
    user = case.me if is_mine and case.me else await _agent(case, "agent")
    await _free(case, user)
    other = await _agent(case, "consulted agent")
    async with case.api.database.transaction() as tx:
        loaded = await load_call(tx, made.interaction_id)
        seat = new_id()
        await save_step(tx, loaded, granted(call_ringing.offer(loaded.call, seat, user.id)))
        if state == "ringing":
            return made.interaction_id
        await save_step(tx, loaded, granted(call_ringing.answer(loaded.call, seat)))
        if state == "held":
            await save_step(tx, loaded, granted(call_control.hold(loaded.call, seat)))
        if state in ("consulting", "answered"):
            asked = new_id()
            step = call_control.start_consult(loaded.call, seat, asked, other.id, is_coached=False)
            await save_step(tx, loaded, granted(step))
            if state == "answered":
                await save_step(tx, loaded, granted(call_ringing.answer(loaded.call, asked)))
    return made.interaction_id


def _asks_about(state: str, body: Callable[[Case], Awaitable[Any]] | None = None) -> Callable[[Case], Awaitable[Ask]]:
    async def asks(case: Case) -> Ask:
        call_id = await _call_of(case, state=state)
        return Ask({"interaction_id": call_id}, await body(case) if body else None)

    return asks


def _on_the_call(role: str, side: Side) -> Outcome:
    """Let the agent through whose call it is; 403 for who may only see it, 404 for the others."""
    if role == "agent" and side == Side.OWN:
        return Outcome.DONE
    return Outcome.REFUSED if reaches(role, _P.VIEW_INTERACTIONS, side) else Outcome.HIDDEN


async def _reachable(case: Case) -> dict[str, str]:
    return {"user_id": (await _agent(case, "reachable agent")).id}


async def _queue_body(case: Case) -> dict[str, str]:
    return {"queue_id": (await _line(case.world, case.side)).queue_id}


async def _outcome(case: Case) -> dict[str, str]:
    return {"result_code_id": await _result_code(case)}


async def _result_code(case: Case) -> str:
    return await (await _line(case.world, case.side)).result_code(new_id(), "An outcome")


async def _data(_: Case) -> dict[str, str]:
    return {"campaign": "spring"}


async def _ask_dial(case: Case) -> Ask:
    return Ask(json=await _queue_body(case))


async def _ask_customers_queue(case: Case) -> Ask:
    return Ask({"slug": (await _line(case.world, case.side)).slug})


async def _ask_call_in(case: Case) -> Ask:
    _, slug = await make_queue(case.api.database, case.team_id)
    return Ask(json={"queue_slug": slug})


async def _as_customer(case: Case) -> Ask:
    return Ask(headers={TOKEN: (await _arrived(case.world, case.side)).token})


async def _customers_offer(case: Case) -> Ask:
    made = await _arrived(case.world, case.side)
    await (await _line(case.world, case.side)).connect(participant_id=made.participant_id)
    return Ask(json={"offer": "v=0", "tab_id": "another"}, headers={TOKEN: made.token})


async def _customers_beacon(case: Case) -> Ask:
    made = await _arrived(case.world, case.side)
    leg_id = await (await _line(case.world, case.side)).connect(participant_id=made.participant_id)
    return Ask({"leg_id": leg_id}, {"generation": 1, "token": made.token})


async def _own_phone(case: Case) -> str:
    return await _phone(case.world, case.side, case.me.id) if case.me else new_id()


async def _offer(case: Case) -> Ask:
    await _own_phone(case)
    return Ask(json={"offer": "v=0", "tab_id": "another"})


async def _disconnect(case: Case) -> Ask:
    return Ask({"leg_id": await _own_phone(case)}, query={"generation": "1"})


async def _beacon(case: Case) -> Ask:
    return Ask({"leg_id": await _own_phone(case)}, {"generation": 1})


async def _queue_id(world: World, side: Side) -> str:
    return (await _line(world, side)).queue_id


async def _ask_queue(case: Case) -> Ask:
    return Ask({"queue_id": await _queue_id(case.world, case.side)})


async def _new_queue(case: Case) -> Ask:
    return Ask(json={"name": f"Queue {new_id()}", "slug": new_id(), "team_id": case.team_id})


async def _unused_queue(case: Case) -> str:
    queue_id, _ = await make_queue(case.api.database, case.team_id)
    return queue_id


async def _change_queue(case: Case) -> Ask:
    return Ask({"queue_id": await _unused_queue(case)}, {"version": 1, "is_open": False})


async def _delete_queue(case: Case) -> Ask:
    return Ask({"queue_id": await _unused_queue(case)})


async def _new_code(_: Case) -> Ask:
    return Ask(json={"code": new_id(), "label": "New"})


async def _change_code(case: Case) -> Ask:
    return Ask({"code_id": await _result_code(case)}, {"is_active": False})


async def _delete_code(case: Case) -> Ask:
    return Ask({"code_id": await _result_code(case)})


def _of_team(permission: Permission) -> Expected:
    """Let through who holds the permission there; 403 for the others."""
    return lambda role, side: Outcome.DONE if reaches(role, permission, side) else Outcome.REFUSED


_HELD_BY_ANOTHER_TAB = frozenset({409})
"""Let through; the phone is in another tab, so that no voice node need answer."""

_CONTROLS = {
    "answer": _asks_about("ringing"),
    "decline": _asks_about("ringing"),
    "mute": _asks_about("talking"),
    "unmute": _asks_about("talking"),
    "hold": _asks_about("talking"),
    "resume": _asks_about("held"),
    "consult": _asks_about("talking", _reachable),
    "cancel-consult": _asks_about("consulting"),
    "complete-transfer": _asks_about("answered"),
    "transfer": _asks_about("talking", _queue_body),
    "end": _asks_about("talking"),
    "result-code": _asks_about("talking", _outcome),
}

_MANAGE_SOMEWHERE = needs_somewhere(_P.MANAGE_QUEUES)

ENDPOINTS = (
    *(
        Endpoint("POST", f"/api/interactions/{{interaction_id}}/{verb}", _on_the_call, asks)
        for verb, asks in _CONTROLS.items()
    ),
    Endpoint("GET", "/api/desk", anyone),
    Endpoint("GET", "/api/colleagues", needs_somewhere(_P.VIEW_DIRECTORY)),
    Endpoint(
        "PATCH",
        "/api/interactions/{interaction_id}/data",
        lambda role, side: (
            Outcome.REFUSED
            if role == "agent" and side == Side.OWN
            else needs(_P.SET_INTERACTION_DATA, sees=(_P.VIEW_INTERACTIONS,))(role, side)
        ),
        _asks_about("talking", _data),
    ),
    Endpoint("POST", "/api/interactions", needs(_P.SET_INTERACTION_DATA, sees=(_P.VIEW_QUEUES,)), _ask_dial),
    Endpoint("GET", "/api/customer/queues/{slug}", anyone, _ask_customers_queue, visitor=Outcome.DONE),
    Endpoint("POST", "/api/customer/calls", anyone, _ask_call_in, visitor=Outcome.DONE),
    Endpoint("GET", "/api/customer/call", anyone, _as_customer, visitor=Outcome.DONE),
    Endpoint("POST", "/api/customer/call/end", anyone, _as_customer, visitor=Outcome.DONE),
    Endpoint(
        "POST",
        "/api/customer/legs",
        anyone,
        _customers_offer,
        visitor=Outcome.DONE,
        done=_HELD_BY_ANOTHER_TAB,
    ),
    Endpoint("GET", "/api/customer/legs/ice-servers", anyone, _as_customer, visitor=Outcome.DONE),
    Endpoint("POST", "/api/customer/legs/{leg_id}/close", anyone, _customers_beacon, visitor=Outcome.DONE),
    Endpoint("POST", "/api/legs", anyone, _offer, done=_HELD_BY_ANOTHER_TAB),
    Endpoint("GET", "/api/legs/mine", anyone),
    Endpoint("GET", "/api/legs/ice-servers", anyone),
    Endpoint("DELETE", "/api/legs/{leg_id}", anyone, _disconnect),
    Endpoint("POST", "/api/legs/{leg_id}/close", anyone, _beacon),
    Endpoint(
        "GET",
        "/api/queues",
        needs_somewhere(_P.VIEW_QUEUES, _P.MANAGE_QUEUES),
        listed=lambda answer: [row["id"] for row in answer],
        thing=_queue_id,
        shows=needs(_P.VIEW_QUEUES),
    ),
    Endpoint("GET", "/api/queues/transfer-targets", needs_somewhere(_P.TAKE_CALLS)),
    Endpoint("GET", "/api/queues/{queue_id}", needs(_P.VIEW_QUEUES), _ask_queue),
    Endpoint("POST", "/api/queues", _of_team(_P.MANAGE_QUEUES), _new_queue),
    Endpoint("PATCH", "/api/queues/{queue_id}", needs(_P.MANAGE_QUEUES, sees=(_P.VIEW_QUEUES,)), _change_queue),
    Endpoint("DELETE", "/api/queues/{queue_id}", needs(_P.MANAGE_QUEUES, sees=(_P.VIEW_QUEUES,)), _delete_queue),
    Endpoint("GET", "/api/result-codes", anyone),
    Endpoint("POST", "/api/result-codes", _MANAGE_SOMEWHERE, _new_code),
    Endpoint("PATCH", "/api/result-codes/{code_id}", _MANAGE_SOMEWHERE, _change_code),
    Endpoint("DELETE", "/api/result-codes/{code_id}", _MANAGE_SOMEWHERE, _delete_code),
)
