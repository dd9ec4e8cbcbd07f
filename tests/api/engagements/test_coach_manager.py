"""Coach Manager: who supervises now, the selected one, disconnecting them (M1 to M4)."""

from typing import Any

import pytest

from sideline.interactions.models import ResultCodeRow
from sideline.kit.ids import new_id
from tests.support.engagements import Floor, Person, events_of
from tests.support.people import make_team


async def users(person: Person) -> list[dict[str, Any]]:
    answer = await person.http.get("/api/coach-manager/users")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.promise("M1")
async def test_everyone_who_coaches_monitors_or_barges_now_is_listed_and_nobody_else(floor: Floor):
    await floor.policy(observe_first=False)
    manager = await floor.person("quality_manager", team=None)
    started = {}
    for mode in ("monitor", "coach", "barge", "barge_kick"):
        supervisor = await floor.supervisor()
        started[mode] = await floor.start(supervisor, await floor.call(await floor.agent()), mode)
    stopped = await floor.supervisor()
    over = await floor.start(stopped, await floor.call(await floor.agent()))
    await stopped.http.post(f"/api/engagements/{over['id']}/stop")
    assert [(each["id"], each["mode"], each["state"]) for each in await users(manager)] == [
        (engagement["id"], mode, "active") for mode, engagement in started.items()
    ]


@pytest.mark.promise("M1")
async def test_the_list_is_kept_live_by_events_that_carry_the_whole_engagement(floor: Floor):
    supervisor = await floor.supervisor()
    agent = await floor.agent()
    call = await floor.call(agent)
    async with events_of(floor.database) as heard:
        engagement = await floor.start(supervisor, call)
        await floor.switch(supervisor, engagement, "coach")
        await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
    told = [event for event in heard if "engagement" in event]
    assert [event["type"].removeprefix("engagement.") for event in told] == [
        "requested",
        "started",
        "switched",
        "ended",
    ]
    expected = {"engagements", f"team-engagements:{floor.team}", f"user:{supervisor.id}", f"!user:{agent.id}"}
    assert all(event["topics"] == expected for event in told)
    assert [event["engagement"]["version"] for event in told] == sorted(e["engagement"]["version"] for e in told)


@pytest.mark.promise("M2")
async def test_the_selected_user_has_a_name_a_status_and_their_engagement(floor: Floor):
    manager, supervisor = await floor.person("quality_manager"), await floor.supervisor(name="Sam")
    engagement = await floor.start(supervisor, await floor.call(await floor.agent()))
    selected = (await manager.http.get(f"/api/coach-manager/users/{supervisor.id}")).json()
    assert (selected["user"]["name"], selected["presence"]["status"]) == ("Sam", "available")
    assert selected["engagement"]["id"] == engagement["id"]
    assert selected["engagement"]["abilities"]["disconnect"]["allowed"]
    await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
    selected = (await manager.http.get(f"/api/coach-manager/users/{supervisor.id}")).json()
    assert selected["engagement"] is None


@pytest.mark.promise("M2")
async def test_disconnect_ends_the_session_tells_who_did_it_and_records_it(floor: Floor):
    manager, supervisor = await floor.person("quality_manager", name="Mia"), await floor.supervisor()
    agent = await floor.agent()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    await floor.switch(supervisor, engagement, "coach")
    async with events_of(floor.database) as heard:
        answer = await manager.http.post(f"/api/engagements/{engagement['id']}/disconnect")
        await floor.settled()
    assert answer.json()["state"] == "ended"
    (ended,) = [event for event in heard if event["type"] == "engagement.ended"]
    assert f"user:{supervisor.id}" in ended["topics"]
    assert ended["engagement"]["end_text"] == "Mia disconnected you."
    assert ended["engagement"]["ended_by"] == {"id": manager.id, "name": "Mia"}
    assert engagement["id"] not in floor.engine.plans[call.id].phones
    assert await floor.shown_to(agent) == []
    (row, _) = (await manager.http.get("/api/coach-manager/history")).json()["items"]
    assert (row["type"], row["end_reason"]) == ("coach", "disconnected")


@pytest.mark.promise("M2")
async def test_disconnecting_one_who_took_over_gives_the_customer_back_to_the_queue(floor: Floor):
    manager, supervisor = await floor.person("quality_manager"), await floor.supervisor()
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call)
    await floor.switch(supervisor, engagement, "barge_kick")
    assert (await manager.http.post(f"/api/engagements/{engagement['id']}/disconnect")).status_code == 200
    await floor.settled()
    shown = (await manager.http.get(f"/api/interactions/{call.id}")).json()
    assert (shown["state"], shown["agent"]) == ("waiting", None), "nobody has a call that waits"
    assert floor.hears(call, call.customer) == {"music"}
    (row, *_) = (await manager.http.get("/api/coach-manager/history")).json()["items"]
    assert (row["type"], row["end_reason"]) == ("barge_kick", "disconnected")


@pytest.mark.promise("M2")
async def test_disconnecting_twice_or_without_the_right_is_refused(floor: Floor):
    manager, auditor = await floor.person("quality_manager"), await floor.person("auditor")
    supervisor = await floor.supervisor()
    engagement = await floor.start(supervisor, await floor.call(await floor.agent()))
    path = f"/api/engagements/{engagement['id']}/disconnect"
    refused = await auditor.http.post(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    (seen,) = await users(auditor)
    assert seen["abilities"] == {}
    assert (await manager.http.post(path)).status_code == 200
    again = await manager.http.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "engagement_ended")


@pytest.mark.promise("M3")
async def test_the_agent_who_is_coached_is_shown_with_their_current_status(floor: Floor):
    manager, supervisor, agent = await floor.person("quality_manager"), await floor.supervisor(), await floor.agent()
    await floor.start(supervisor, await floor.call(agent))
    (row,) = await users(manager)
    assert (row["agent"]["id"], row["agent_presence"]["status"]) == (agent.id, "interacting")
    assert row["supervisor_presence"]["status"] == "available"


@pytest.mark.promise("M4")
async def test_the_call_is_shown_with_id_number_length_campaign_list_and_result_code(floor: Floor):
    manager, supervisor = await floor.person("quality_manager"), await floor.supervisor()
    code_id = new_id()
    async with floor.database.transaction() as tx:
        tx.session.add(ResultCodeRow(id=code_id, code="SALE", label="Sale", is_active=True))
    call = await floor.call(
        await floor.agent(), phone_number="+44 20 7946 0018", campaign="Spring", list_name="A", result_code_id=code_id
    )
    await floor.start(supervisor, call)
    (row,) = await users(manager)
    shown = row["call"]
    assert (shown["number"], shown["phone_number"]) == (call.number, "+44 20 7946 0018")
    assert (shown["campaign"], shown["list_name"]) == ("Spring", "A")
    assert shown["result_code"] == {"id": code_id, "code": "SALE", "label": "Sale"}
    assert shown["started_at"] is not None and shown["ended_at"] is None


@pytest.mark.promise("P3")
async def test_a_supervisor_sees_the_coaching_of_their_own_teams_only(floor: Floor):
    supervisor = await floor.supervisor()
    await floor.start(supervisor, await floor.call(await floor.agent()))
    outsider = await floor.supervisor(team=await make_team(floor.database))
    assert await users(outsider) == []
    assert (await outsider.http.get(f"/api/coach-manager/users/{supervisor.id}")).status_code == 404
    assert len(await users(await floor.supervisor())) == 1


async def test_an_agent_has_no_coach_manager(floor: Floor):
    agent = await floor.agent()
    for path in ("users", f"users/{agent.id}", "history", "history.csv"):
        assert (await agent.http.get(f"/api/coach-manager/{path}")).status_code == 403, path


@pytest.mark.promise("V2", "V13")
async def test_an_agent_who_may_see_engagements_is_not_shown_who_monitors_their_own_call(floor: Floor):
    manager = await floor.person("quality_manager")
    both = await floor.agent(extra_roles=("supervisor",), supervises=[floor.team])
    own, other = await floor.call(both), await floor.call(await floor.agent())
    watching = await floor.supervisor()
    topic = f"team-engagements:{floor.team}"
    since = (await both.http.get("/api/events", params={"topics": [topic]})).json()["position"]
    elsewhere = await floor.start(watching, other)
    monitored = await floor.start(manager, own)

    assert [each["id"] for each in await users(both)] == [elsewhere["id"]]
    assert monitored["id"] in [each["id"] for each in await users(watching)]

    await manager.http.post(f"/api/engagements/{monitored['id']}/stop")
    history = (await both.http.get("/api/coach-manager/history")).json()["items"]
    assert monitored["id"] not in [row["engagement_id"] for row in history]

    page = (await both.http.get("/api/events", params={"position": since, "topics": [topic]})).json()
    told = {event["engagement"]["id"] for event in page["events"] if "engagement" in event}
    assert elsewhere["id"] in told
    assert monitored["id"] not in told
