"""The calls of a PBX are interactions: begun, followed through hold, consult and transfer, and over (V1, V15, V21)."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from sideline.interactions.models import InteractionRow
from sideline.interactions.tasks import sources
from sideline.interactions.voice_nodes import end_life
from sideline.kit.timers import Timers
from sideline.voice.engine import PbxCallSeen
from tests.support.engagements import Floor, Person
from tests.support.interactions import heard, make_queue
from tests.support.pbx_calls import (
    Pbx,
    agent_at,
    give_desk_phone,
    is_asked,
    live_list,
    marks,
    name_queue,
    on_it,
    pbx_call,
    presence,
    running_pbx,
    set_presence,
    shown,
    talks,
)
from tests.support.people import make_team


@pytest.mark.promise("V1")
async def test_call_of_the_pbx_is_an_interaction_that_a_supervisor_lists_and_opens(floor: Floor, pbx: Pbx, ana: Person):
    supervisor = await floor.supervisor()
    call = await pbx.sees("call", talks("1001"), number="+351 999", name="Mr Silva")
    assert call.id in await live_list(supervisor)
    seen = await shown(floor, call, supervisor)
    assert (seen["state"], seen["direction"], seen["phone_number"]) == ("talking", "inbound", "+351 999")
    assert (seen["customer_name"], seen["agent"]["id"]) == ("Mr Silva", ana.id)
    assert {name: each["talk_group"] for name, each in on_it(seen).items()} == {"Mr Silva": "main", "Ana": "main"}
    assert {each["leg_state"] for each in on_it(seen).values()} == {"up"}
    assert floor.team in seen["team_ids"]


async def test_call_waits_in_the_queue_that_the_pbx_names_until_somebody_answers(floor: Floor, pbx: Pbx, ana: Person):
    await name_queue(floor, "Sales-600")
    call = await pbx.sees("call", queue="sales-600", number="+351 1")
    seen = await shown(floor, call)
    assert (seen["state"], seen["queue"]["id"], seen["team_ids"]) == ("waiting", floor.queue_id, [floor.team])
    assert on_it(seen)["+351 1"]["talk_group"] == "queue"
    await pbx.sees("call", talks("1001"), queue="sales-600", number="+351 1")
    seen = await shown(floor, call)
    assert (seen["state"], seen["answered_at"] is not None) == ("talking", True)
    assert await marks(floor, call) == ["answered"]


async def test_the_same_snapshot_again_changes_nothing(floor: Floor, pbx: Pbx, ana: Person):
    await name_queue(floor, "600")
    parties = (talks("1001"), is_asked("2002", is_internal=False, group="bridge"))
    facts = {"queue": "600", "campaign": "Spring", "is_held": False}
    call = await pbx.sees("call", *parties, **facts)
    before = await shown(floor, call)
    await pbx.sees("call", *parties, **facts)
    assert await shown(floor, call) == before
    await pbx.sees("call", *parties, **{**facts, "is_held": True})
    held = await shown(floor, call)
    assert held["version"] > before["version"]
    await pbx.sees("call", *parties, **{**facts, "is_held": True})
    assert await shown(floor, call) == held


async def test_hold_and_resume_are_followed(floor: Floor, pbx: Pbx, ana: Person):
    await pbx.sees("call", talks("1001"))
    call = await pbx.sees("call", talks("1001"), is_held=True)
    seen = await shown(floor, call)
    assert (seen["state"], on_it(seen)["+351 210"]["is_held"]) == ("held", True)
    await pbx.sees("call", talks("1001"))
    assert (await shown(floor, call))["state"] == "talking"
    assert await marks(floor, call) == ["answered", "held", "resumed"]


@pytest.mark.promise("V15")
async def test_consult_and_attended_transfer_are_followed(floor: Floor, pbx: Pbx, ana: Person):
    ben = await agent_at(floor, pbx, "1002", "Ben")
    await pbx.sees("call", talks("1001"))
    call = await pbx.sees("call", talks("1001", group="consult"), is_asked("1002"), is_held=True)
    seen = await shown(floor, call)
    assert seen["state"] == "consulting"
    groups = {name: each["talk_group"] for name, each in on_it(seen).items()}
    assert groups == {"+351 210": "hold", "Ana": "consult", "Ben": "consult"}
    assert (await presence(ana), await presence(ben)) == ("interacting", "interacting")

    await pbx.sees("call", talks("1002"), transferred_by="line of 1001")
    seen = await shown(floor, call)
    assert (seen["state"], seen["agent"]["id"], set(on_it(seen))) == ("talking", ben.id, {"+351 210", "Ben"})
    assert (await presence(ana), await presence(ben)) == ("wrap_up", "interacting")
    assert "transferred" in await marks(floor, call)


@pytest.mark.promise("V15")
async def test_blind_transfer_lets_the_customer_wait_and_the_next_agent_answer(floor: Floor, pbx: Pbx, ana: Person):
    ben = await agent_at(floor, pbx, "1002", "Ben")
    await pbx.sees("call", talks("1001"))
    call = await pbx.sees("call", transferred_by="line of 1001")
    assert (await shown(floor, call))["state"] == "waiting"
    await pbx.sees("call", talks("1002"))
    assert (await shown(floor, call))["agent"]["id"] == ben.id
    assert await marks(floor, call) == ["answered", "blind_transferred", "answered"]


async def test_consult_that_ends_without_a_transfer_gives_the_asked_agent_no_wrap_up(
    floor: Floor, pbx: Pbx, ana: Person
):
    ben = await agent_at(floor, pbx, "1002", "Ben")
    await pbx.sees("call", talks("1001", group="consult"), is_asked("1002"), is_held=True)
    call = await pbx.sees("call", talks("1001"))
    assert (await shown(floor, call))["state"] == "talking"
    assert await presence(ben) == "on_queue"


@pytest.mark.parametrize(
    ("ended_by", "reason"),
    [("line of 1001", "agent_ended"), ("customer's line of call", "customer_left"), ("", "vanished")],
)
async def test_call_ends_with_who_hung_up(floor: Floor, pbx: Pbx, ana: Person, ended_by: str, reason: str):
    call = await pbx.sees("call", talks("1001"))
    await pbx.gone("call", ended_by)
    seen = await shown(floor, call)
    assert (seen["state"], seen["end_reason"], seen["agent"]["id"]) == ("ended", reason, ana.id)
    assert await presence(ana) == "wrap_up"


async def test_two_pbxes_with_the_same_call_id_have_two_calls(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", talks("1001"))
    async with running_pbx(floor) as other:
        another = await other.sees("call", talks("7001", is_internal=False))
        assert another.id != call.id
        await other.gone("call")
    assert (await shown(floor, another, await floor.person("administrator")))["state"] == "ended"
    assert (await shown(floor, call))["state"] == "talking"


async def test_somebody_on_a_phone_that_is_no_users_sits_under_the_name_that_the_pbx_gives(floor: Floor, pbx: Pbx):
    call = await pbx.sees(
        "call",
        talks("1009", name="Front\x00 desk", number="1009"),
        is_asked("trunk", is_internal=False, number="+44 1", group="bridge"),
        queue="",
    )
    seen = await shown(floor, call, await floor.person("administrator"))
    people = on_it(seen)
    assert set(people) == {"+351 210", "Front desk", "+44 1"}
    assert {people[name]["user_id"] for name in ("Front desk", "+44 1")} == {None}
    assert {people[name]["purpose"] for name in ("Front desk", "+44 1")} == {"agent"}
    assert seen["agent"] is None


async def test_phone_of_somebody_who_takes_no_calls_or_is_not_active_is_nobodys(floor: Floor, pbx: Pbx):
    auditor = await floor.person("auditor")
    await give_desk_phone(auditor, "sip:1005@pbx.example.com")
    call = await pbx.sees("call", talks("1005", name="Desk 5"))
    assert on_it(await shown(floor, call, await floor.person("administrator")))["Desk 5"]["user_id"] is None


async def test_engine_learns_which_endpoints_are_users_phones_as_they_change(floor: Floor, pbx: Pbx, ana: Person):
    ben = await agent_at(floor, pbx, "1002", "Ben")
    assert pbx.learner.endpoints == {"1001", "1002"}
    (phone,) = [each for each in (await ben.http.get("/api/phones")).json() if each["kind"] == "sip"]
    assert (await ben.http.patch(f"/api/phones/{phone['id']}", json={"address": "Sip:BEN@host"})).status_code == 200
    await pbx.learner.knows({"1001", "ben"})
    administrator = await floor.person("administrator")
    assert (await administrator.http.post(f"/api/users/{ana.id}/deactivate")).is_success
    await pbx.learner.knows({"ben"})


async def test_phone_that_becomes_a_users_during_the_call_names_its_seat(floor: Floor, pbx: Pbx):
    call = await pbx.sees("call", talks("1001", name="Desk 1"))
    agent = await floor.agent(name="Ana")
    await give_desk_phone(agent, "sip:1001@pbx.example.com")
    await pbx.learner.knows({"1001"})
    async with asyncio.timeout(10):
        await pbx.exchange.settled()
    seen = await shown(floor, call)
    assert seen["agent"]["id"] == agent.id
    assert on_it(seen)["Ana"]["user_id"] == agent.id
    assert agent.id in seen["user_ids"]
    assert await presence(agent) == "interacting"


@pytest.mark.promise("V21")
async def test_restart_takes_up_the_calls_that_go_on_and_ends_those_that_are_over(floor: Floor, pbx: Pbx, ana: Person):
    kept = await pbx.sees("kept", talks("1001"))
    over = await pbx.sees("over", talks("7001", is_internal=False), queue="")
    agent_before = (await shown(floor, kept))["participants"]
    async with running_pbx(floor, pbx.name) as again:
        # The worker has seen meanwhile that the earlier life is over, and leaves its calls alone.
        await Timers(floor.database, sources()).run_due()
        assert (await shown(floor, kept))["state"] == "talking"
        await again.notes(PbxCallSeen(pbx_call("kept", talks("1001"))), PbxCallSeen(pbx_call("new", talks("7002"))))
        await again.only("kept", "new")
        assert (await shown(floor, kept))["participants"] == agent_before
        ended = await shown(floor, over, await floor.person("administrator"))
        assert (ended["state"], ended["end_reason"]) == ("ended", "vanished")
        assert len(await again.ids("kept")) == len(await again.ids("new")) == 1
        # What the life that is over says now is nobody's concern.
        await pbx.gone("kept")
        await pbx.notes(PbxCallSeen(pbx_call("late", talks("1001"))))
        assert await pbx.ids("late") == []
        assert (await shown(floor, kept))["state"] == "talking"
        await again.gone("kept")
    assert (await shown(floor, kept))["state"] == "ended"


@pytest.mark.promise("V21")
async def test_silent_pbx_node_loses_no_call_to_another_node(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", talks("1001"))
    async with floor.database.transaction() as tx:
        await end_life(tx, pbx.node_id)
    async with running_pbx(floor) as other:
        await Timers(floor.database, sources()).run_due()
        await other.only()
        floor.api.clock.move(timedelta(hours=1))
        await Timers(floor.database, sources()).run_due()
        assert (await shown(floor, call))["state"] == "talking"
    async with running_pbx(floor, pbx.name) as again:
        await again.only()
    assert (await shown(floor, call))["state"] == "ended"


@pytest.mark.promise("V21")
async def test_call_of_a_pbx_that_nobody_follows_any_more_is_over_after_half_a_day(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", talks("1001"))
    async with floor.database.transaction() as tx:
        await end_life(tx, pbx.node_id)
    timers = Timers(floor.database, sources())
    floor.api.clock.move(timedelta(hours=11, minutes=59))
    await timers.run_due()
    assert (await shown(floor, call))["state"] == "talking"
    floor.api.clock.move(timedelta(minutes=1))
    await timers.run_due()
    ended = await shown(floor, call, await floor.person("administrator"))
    assert (ended["state"], ended["end_reason"]) == ("ended", "vanished")


async def test_call_stays_with_its_pbx_wherever_the_browsers_of_its_agents_are(floor: Floor, pbx: Pbx, ana: Person):
    await floor.move_phone_elsewhere(ana)
    call = await pbx.sees("call", talks("1001"))
    async with floor.database.reading() as connection:
        node_id = await connection.scalar(select(InteractionRow.voice_node_id).where(InteractionRow.id == call.id))
    assert node_id == pbx.node_id
    assert not (await ana.http.get("/api/legs/mine")).json()["is_reconnect_wanted"]


async def test_waiting_customer_of_the_pbx_is_never_offered_here(floor: Floor, pbx: Pbx):
    await name_queue(floor, "600")
    free = await floor.agent()
    call = await pbx.sees("call", queue="600")
    await Timers(floor.database, sources()).run_due()
    assert (await shown(floor, call))["state"] == "waiting"
    assert (await free.http.get("/api/desk")).json()["current"] == []


async def test_closing_the_browser_takes_nobody_off_their_telephone(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", talks("1001"))
    await floor.lose_phone(ana)
    await floor.give_phone_up(ana)
    assert set(on_it(await shown(floor, call))) == {"+351 210", "Ana"}
    assert (await ana.http.post("/api/sign-out")).is_success
    assert set(on_it(await shown(floor, call))) == {"+351 210", "Ana"}
    again = Person(ana.user, await floor.api.sign_in(ana.user))
    assert await presence(again) == "interacting"
    await pbx.gone("call")
    assert await presence(again) == "wrap_up"


async def test_agent_who_uses_only_the_telephone_is_interacting_and_then_offline_again(floor: Floor, pbx: Pbx):
    agent = await agent_at(floor, pbx, "1001", "Ana")
    supervisor = await floor.supervisor()
    await set_presence(floor, agent, "offline")

    async def standing() -> str:
        rows = (await supervisor.http.get("/api/agents")).json()["items"]
        return next(each["presence"]["status"] for each in rows if each["user"]["id"] == agent.id)

    await pbx.sees("call", talks("1001"))
    assert await standing() == "interacting"
    await pbx.gone("call", "line of 1001")
    assert await standing() == "offline"


async def test_agent_on_queue_wraps_up_as_long_as_the_queue_says(floor: Floor, pbx: Pbx, ana: Person):
    await name_queue(floor, "600")
    await pbx.sees("call", talks("1001"), queue="600")
    assert await presence(ana) == "interacting"
    await pbx.gone("call")
    assert await presence(ana) == "wrap_up"
    floor.api.clock.move(timedelta(seconds=31))
    await Timers(floor.database, sources()).run_due()
    assert await presence(ana) == "on_queue"


async def test_agent_with_two_calls_on_the_telephone_sits_on_the_second_once_the_first_is_over(
    floor: Floor, pbx: Pbx, ana: Person
):
    first = await pbx.sees("first", talks("1001"), is_held=True)
    second = await pbx.sees("second", talks("1001", id="another line of 1001", group="bridge"))
    assert on_it(await shown(floor, first))["Ana"]["user_id"] == ana.id
    administrator = await floor.person("administrator")
    assert on_it(await shown(floor, second, administrator))["Ana"]["user_id"] is None
    assert (await shown(floor, second, administrator))["state"] == "talking"
    await pbx.gone("first")
    seen = await shown(floor, second)
    assert (on_it(seen)["Ana"]["user_id"], seen["agent"]["id"]) == (ana.id, ana.id)
    assert await presence(ana) == "interacting"


async def test_agent_on_a_call_in_the_browser_sits_on_their_telephones_once_that_is_over(
    floor: Floor, pbx: Pbx, ana: Person
):
    here = await floor.call(ana)
    there = await pbx.sees("call", talks("1001"))
    administrator = await floor.person("administrator")
    assert on_it(await shown(floor, there, administrator))["Ana"]["user_id"] is None
    async with heard(floor.database, "events") as events:
        await floor.customer_hangs_up(here)
        async with asyncio.timeout(10):
            while on_it(await shown(floor, there, administrator))["Ana"]["user_id"] is None:
                await events.get()
    assert await presence(ana) == "interacting"


async def test_agent_with_two_telephones_on_one_call_sits_on_it_once(floor: Floor, pbx: Pbx, ana: Person):
    await give_desk_phone(ana, "sip:1002@pbx.example.com")
    await pbx.learner.knows({"1001", "1002"})
    call = await pbx.sees("call", talks("1001"), talks("1002"))
    users = [each["user_id"] for each in (await shown(floor, call))["participants"] if each["purpose"] == "agent"]
    assert users == [ana.id, None]
    await pbx.sees("call", talks("1002"))
    assert (await shown(floor, call))["agent"]["id"] == ana.id
    await pbx.sees("call", talks("1001", id="a new line of 1001"))
    assert (await shown(floor, call))["agent"]["id"] == ana.id


async def test_data_of_the_pbx_fills_the_interaction_and_a_persons_change_stands(floor: Floor, pbx: Pbx, ana: Person):
    administrator = await floor.person("administrator")
    made = await administrator.http.post("/api/result-codes", json={"code": "SALE", "label": "Sold"})
    assert made.status_code == 201, made.text
    facts = {"direction": "outbound", "campaign": "Spring", "list_name": "A", "external_id": "7"}
    call = await pbx.sees("call", talks("1001"), **facts)
    seen = await shown(floor, call)
    assert {name: seen[name] for name in facts} == facts
    await pbx.sees("call", talks("1001"), **{**facts, "list_name": ""}, result_code="SALE")
    seen = await shown(floor, call)
    assert (seen["list_name"], seen["result_code"]["code"]) == ("A", "SALE")

    changed = await administrator.http.patch(f"/api/interactions/{call.id}/data", json={"campaign": "Mine"})
    assert changed.is_success, changed.text
    await pbx.sees("call", talks("1001"), **facts, result_code="NOBODY KNOWS")
    seen = await shown(floor, call)
    assert (seen["campaign"], seen["result_code"]["code"]) == ("Mine", "SALE")
    async with running_pbx(floor, pbx.name) as again:
        await again.sees("call", talks("1001"), **facts)
        assert (await shown(floor, call))["campaign"] == "Mine"
        await again.sees("call", talks("1001"), **{**facts, "campaign": "Summer"})
        assert (await shown(floor, call))["campaign"] == "Summer"


async def test_call_follows_the_pbx_into_another_queue(floor: Floor, pbx: Pbx, ana: Person):
    team = await make_team(floor.database)
    other, _ = await make_queue(floor.database, team)
    await name_queue(floor, "600")
    await name_queue(floor, "700", other)
    await pbx.sees("call", talks("1001"), queue="600")
    call = await pbx.sees("call", queue="700", transferred_by="line of 1001")
    seen = await shown(floor, call)
    assert (seen["queue"]["id"], set(seen["team_ids"])) == (other, {floor.team, team})


async def test_agents_controls_are_on_their_telephone(floor: Floor, pbx: Pbx, ana: Person):
    code = await (await floor.person("administrator")).http.post("/api/result-codes", json={"code": "X", "label": "X"})
    call = await pbx.sees("call", talks("1001"))
    (mine,) = (await ana.http.get("/api/desk")).json()["current"]
    assert mine["is_on_telephone"]
    for control in ("mute", "hold", "consult", "transfer", "end"):
        ability = mine["abilities"][control]
        assert (ability["allowed"], ability["refusal"]["code"]) == (False, "on_the_telephone")
        body = {"consult": {"user_id": ana.id}, "transfer": {"queue_id": floor.queue_id}}.get(control)
        answer = await ana.http.post(f"/api/interactions/{call.id}/{control}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "on_the_telephone")
    chosen = await ana.http.post(f"/api/interactions/{call.id}/result-code", json={"result_code_id": code.json()["id"]})
    assert chosen.is_success, chosen.text
    assert (await shown(floor, call))["result_code"]["code"] == "X"
