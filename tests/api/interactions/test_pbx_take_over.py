"""Barge-kick on a PBX's call: the customer is taken out of it, and goes back or is hung up (V7)."""

from typing import Any

import pytest

from sideline.voice.engine import PbxTakeFailed
from tests.support.engagements import Floor, LiveCall, Person
from tests.support.interactions import make_queue
from tests.support.pbx_calls import (
    Pbx,
    agent_at,
    is_asked,
    marks,
    name_queue,
    on_it,
    presence,
    running_pbx,
    set_presence,
    shown,
    talks,
)


async def take(floor: Floor, pbx: Pbx, sue: Person, *, is_done: bool = True, **facts: Any) -> LiveCall:
    """Let a supervisor take over Ana's call, and the engine bring the customer to them."""
    await name_queue(floor, "600")
    call = await pbx.sees("call", talks("1001"), queue="600", **facts)
    engagement = await floor.start(sue, call)
    await floor.switch(sue, engagement, "barge_kick")
    if is_done:
        await pbx.sees("call", queue="600", is_taken=True)
    return call


async def refusal(person: Person, call: LiveCall, verb: str, **body: str) -> str:
    answer = await person.http.post(f"/api/interactions/{call.id}/{verb}", json=body or None)
    assert answer.status_code >= 400, answer.text
    return answer.json()["code"]


@pytest.mark.promise("V7")
async def test_supervisor_has_the_customer_alone_and_the_agent_wraps_up(floor: Floor, pbx: Pbx, ana: Person):
    sue = await floor.supervisor(name="Sue")
    call = await take(floor, pbx, sue, is_done=False)
    assert await pbx.place(call) == ("taken", "")
    # Until the engine has them, the PBX still shows the agent who is being removed.
    await pbx.sees("call", talks("1001"), is_asked("1002", group="bridge"), queue="600")
    assert set(on_it(await shown(floor, call))) == {"+351 210", "Sue"}
    await pbx.sees("call", queue="600", is_taken=True)
    seen = await shown(floor, call)
    assert (set(on_it(seen)), seen["agent"]["id"], seen["state"]) == ({"+351 210", "Sue"}, sue.id, "talking")
    assert await presence(ana) == "wrap_up"
    assert await marks(floor, call) == ["answered", "took_over"]


async def test_taking_over_a_consult_brings_nobody_but_the_customer(floor: Floor, pbx: Pbx, ana: Person):
    ben, sue = await agent_at(floor, pbx, "1002", "Ben"), await floor.supervisor(name="Sue")
    call = await pbx.sees("call", talks("1001", group="consult"), is_asked("1002"), is_held=True)
    engagement = await floor.start(sue, call)
    await floor.switch(sue, engagement, "barge_kick")
    people = on_it(await shown(floor, call))
    assert {name: each["talk_group"] for name, each in people.items()} == {"+351 210": "hold", "Sue": "main"}
    assert await presence(ben) == "on_queue"


@pytest.mark.promise("V7")
async def test_supervisor_holds_and_mutes_and_ends_what_they_took_over(floor: Floor, pbx: Pbx, ana: Person):
    sue = await floor.supervisor()
    call = await take(floor, pbx, sue)
    assert (await floor.control(sue, call, "hold"))["state"] == "held"
    # The PBX knows nothing of that hold, and does not undo it.
    await pbx.sees("call", queue="600", is_taken=True)
    assert (await shown(floor, call))["state"] == "held"
    await floor.control(sue, call, "resume")
    await floor.control(sue, call, "mute")
    await floor.control(sue, call, "end")
    seen = await shown(floor, call)
    assert (seen["state"], seen["end_reason"]) == ("ended", "supervisor_ended")
    assert await pbx.place(call) == ("ended", "")
    # Until the engine has hung up, the PBX still has the call: it is not a new one.
    await pbx.sees("call", queue="600", is_taken=True)
    await pbx.gone("call")
    assert await pbx.ids("call") == [call.id]


@pytest.mark.promise("V7")
async def test_supervisor_transfers_to_an_agent_whose_telephone_the_pbx_rings(floor: Floor, pbx: Pbx, ana: Person):
    ben, sue = await agent_at(floor, pbx, "Ben.7", "Ben"), await floor.supervisor()
    call = await take(floor, pbx, sue)
    await set_presence(floor, ben, "offline")
    given = await floor.control(sue, call, "transfer", user_id=ben.id)
    assert given["state"] == "waiting"
    assert await pbx.place(call) == ("given", "Ben.7")
    assert await floor.mine(sue) is None
    # The engine has the customer for another moment.
    await pbx.sees("call", queue="600", is_taken=True)
    assert await pbx.place(call) == ("given", "Ben.7")
    await pbx.sees("call", queue="600")
    assert (await pbx.place(call))[0] == "stays"
    await pbx.sees("call", talks("ben.7"), queue="600")
    seen = await shown(floor, call)
    assert (seen["state"], seen["agent"]["id"]) == ("talking", ben.id)
    assert await marks(floor, call) == ["answered", "took_over", "blind_transferred", "answered"]


@pytest.mark.promise("V7")
async def test_supervisor_transfers_to_a_queue_of_the_pbx(floor: Floor, pbx: Pbx, ana: Person):
    sue = await floor.supervisor()
    here, _ = await make_queue(floor.database, floor.team)
    there, _ = await make_queue(floor.database, floor.team)
    await name_queue(floor, "700", there)
    call = await take(floor, pbx, sue)
    assert await refusal(sue, call, "transfer", queue_id=here) == "queue_not_on_pbx"
    await floor.control(sue, call, "transfer", queue_id=there)
    assert await pbx.place(call) == ("given", "700")
    # The PBX still says where the call came from; where it goes is not undone by that, nor by a restart.
    async with running_pbx(floor, pbx.name) as again:
        await again.sees("call", queue="600", is_taken=True)
        await again.sees("call", queue="600")
        assert (await shown(floor, call))["queue"]["id"] == there


async def test_agent_without_a_desk_phone_or_busy_with_another_call_is_no_target(floor: Floor, pbx: Pbx, ana: Person):
    sue, ben = await floor.supervisor(), await floor.agent()
    cleo = await agent_at(floor, pbx, "1003", "Cleo")
    call = await take(floor, pbx, sue)
    assert await refusal(sue, call, "transfer", user_id=ben.id) == "no_telephone"
    await pbx.sees("other", talks("1003"))
    assert await refusal(sue, call, "transfer", user_id=cleo.id) == "unreachable"
    assert await pbx.place(call) == ("taken", "")


async def test_supervisor_sees_whom_and_which_queue_the_pbx_can_reach(floor: Floor, pbx: Pbx, ana: Person):
    sue, ben = await floor.supervisor(), await floor.agent(name="Ben")
    cleo = await agent_at(floor, pbx, "1003", "Cleo")
    unknown, _ = await make_queue(floor.database, floor.team)
    call = await take(floor, pbx, sue)
    about = {"interaction_id": call.id}
    people = {each["id"]: each["reach"] for each in (await sue.http.get("/api/colleagues", params=about)).json()}
    assert people[cleo.id]["allowed"]
    assert people[ben.id]["refusal"]["code"] == "no_telephone"
    assert people[ana.id]["refusal"]["code"] == "unreachable"
    targets = (await sue.http.get("/api/queues/transfer-targets", params=about)).json()
    queues = {each["id"]: each["reach"] for each in targets}
    assert queues[floor.queue_id]["allowed"]
    assert queues[unknown]["refusal"]["code"] == "queue_not_on_pbx"
    elsewhere = (await sue.http.get("/api/queues/transfer-targets")).json()
    assert all(each["reach"]["allowed"] for each in elsewhere)


async def test_nobody_is_consulted_through_the_pbx(floor: Floor, pbx: Pbx, ana: Person):
    ben, sue = await agent_at(floor, pbx, "1002", "Ben"), await floor.supervisor()
    call = await take(floor, pbx, sue)
    assert await refusal(sue, call, "consult", user_id=ben.id) == "no_consult_after_take_over"
    (mine,) = (await sue.http.get("/api/desk")).json()["current"]
    assert not mine["is_on_telephone"]
    assert mine["abilities"]["consult"]["refusal"]["code"] == "no_consult_after_take_over"
    assert mine["abilities"]["hold"]["allowed"] and mine["abilities"]["end"]["allowed"]


@pytest.mark.parametrize("how", ["phone", "signed out", "disconnected"])
async def test_customer_goes_back_to_the_queue_when_the_supervisor_is_gone(
    floor: Floor, pbx: Pbx, ana: Person, how: str
):
    sue = await floor.supervisor()
    call = await take(floor, pbx, sue)
    match how:
        case "phone":
            await floor.lose_phone(sue)
            await floor.give_phone_up(sue)
        case "signed out":
            assert (await sue.http.post("/api/sign-out")).is_success
        case _:
            engagement = await floor.mine(sue)
            manager = await floor.person("quality_manager")
            path = f"/api/engagements/{engagement['id']}/disconnect"
            assert (await manager.http.post(path)).is_success
    seen = await shown(floor, call)
    assert (seen["state"], set(on_it(seen))) == ("waiting", {"+351 210"})
    assert await pbx.place(call) == ("given", "600")


async def test_customer_without_a_queue_goes_on_where_the_dialplan_was(floor: Floor, pbx: Pbx, ana: Person):
    sue = await floor.supervisor()
    call = await pbx.sees("call", talks("1001"))
    await floor.switch(sue, await floor.start(sue, call), "barge_kick")
    await floor.lose_phone(sue)
    await floor.give_phone_up(sue)
    assert await pbx.place(call) == ("given", "")


async def test_customer_who_hangs_up_on_the_supervisor_ends_the_call(floor: Floor, pbx: Pbx, ana: Person):
    sue = await floor.supervisor()
    call = await take(floor, pbx, sue)
    await pbx.gone("call", "customer's line of call")
    seen = await shown(floor, call)
    assert (seen["state"], seen["end_reason"]) == ("ended", "customer_left")
    assert await floor.mine(sue) is None


async def test_take_over_that_the_pbx_refuses_leaves_the_agent_on_the_call(floor: Floor, pbx: Pbx, ana: Person):
    sue = await floor.supervisor()
    call = await take(floor, pbx, sue, is_done=False)
    await pbx.sees("call", talks("1001"), queue="600", campaign="Spring")
    await pbx.notes(PbxTakeFailed(call.id, "The dialplan has no such lines."))
    seen = await shown(floor, call)
    assert (seen["state"], seen["agent"]["id"]) == ("talking", ana.id)
    assert await pbx.place(call) == ("stays", "")
    assert (await presence(ana), await presence(sue)) == ("interacting", "wrap_up")
    assert await floor.mine(sue) is None
    assert await marks(floor, call) == ["answered", "took_over", "take_over_failed", "answered"]


async def test_customer_whom_the_engine_has_and_nobody_took_over_is_given_back(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", queue="", is_taken=True)
    assert await pbx.place(call) == ("given", "")


@pytest.mark.promise("V21")
async def test_restart_keeps_a_call_that_was_taken_over_with_its_supervisor(floor: Floor, pbx: Pbx, ana: Person):
    sue = await floor.supervisor()
    call = await take(floor, pbx, sue)
    async with running_pbx(floor, pbx.name) as again:
        await again.sees("call", queue="600", is_taken=True)
        await again.only("call")
        assert await again.place(call) == ("taken", "")
        assert (await shown(floor, call))["agent"]["id"] == sue.id
        # Their browser is asked to come to where the call is now.
        asked = (await sue.http.get("/api/legs/mine")).json()
        assert asked["is_reconnect_wanted"]
