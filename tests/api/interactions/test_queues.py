"""Managing queues and result codes."""

from typing import Any

import httpx
import pytest

from tests.support.interactions import Line
from tests.support.people import make_user


@pytest.fixture
async def admin(line: Line) -> httpx.AsyncClient:
    return (await line.person("administrator", team=None)).http


def body(**more: Any) -> dict[str, Any]:
    return {"name": "Billing", "slug": "billing", "offer_seconds": 15, "wrap_up_seconds": 0, **more}


async def test_queue_is_made_with_its_members_and_takes_calls_at_once(line: Line, admin: httpx.AsyncClient) -> None:
    agent = await line.person("agent", presence="on_queue", has_phone=True)
    made = await admin.post("/api/queues", json=body(team_id=line.team, member_ids=[agent.id]))
    assert made.status_code == 201, made.text
    assert [each["id"] for each in made.json()["members"]] == [agent.id]

    visitor = await line.api.visitor()
    call = (await visitor.post("/api/customer/calls", json={"queue_slug": "billing"})).json()
    await line.connect(participant_id=call["participant_id"])
    await line.due()
    assert (await agent.current())["id"] == call["interaction_id"]
    await agent.http.post(f"/api/interactions/{call['interaction_id']}/answer")
    await agent.http.post(f"/api/interactions/{call['interaction_id']}/end")
    assert await agent.presence() == "on_queue", "this queue has no wrap-up"


async def test_faults_stand_beside_their_fields(line: Line, admin: httpx.AsyncClient) -> None:
    auditor = await make_user(line.database, "auditor", name="Odd Auditor")
    await admin.post("/api/queues", json=body(pbx_queue="Sales"))
    for wrong, field in (
        (body(slug="other"), "name"),
        (body(name="Other"), "slug"),
        (body(name="  ", slug="x"), "name"),
        (body(name="X", slug="Not A Slug"), "slug"),
        (body(name="X", slug="x", pbx_queue="600,1"), "pbx_queue"),
        (body(name="X", slug="x", pbx_queue="sales"), "pbx_queue"),
        (body(name="X", slug="x", team_id=line.queue_id), "team_id"),
        (body(name="X", slug="x", member_ids=[line.queue_id]), "member_ids"),
        (body(name="X", slug="x", member_ids=["nobody"]), "member_ids"),
        (body(name="X", slug="x", member_ids=[auditor.id]), "member_ids"),
    ):
        answer = await admin.post("/api/queues", json=wrong)
        assert answer.status_code == 422, answer.text
        assert set(answer.json()["fields"]) == {field}


async def test_change_that_somebody_else_overtook_is_refused(line: Line, admin: httpx.AsyncClient) -> None:
    queue = (await admin.post("/api/queues", json=body())).json()
    path = f"/api/queues/{queue['id']}"

    changed = await admin.patch(path, json={"version": queue["version"], "is_open": False})
    assert changed.json()["is_open"] is False
    late = await admin.patch(path, json={"version": queue["version"], "name": "Late"})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert (await admin.get(path)).json()["name"] == "Billing"


async def test_members_are_replaced_and_the_number_is_shown(line: Line, admin: httpx.AsyncClient) -> None:
    agents = [await line.person("agent") for _ in range(3)]
    queue = (await admin.post("/api/queues", json=body(member_ids=[agents[0].id]))).json()

    changed = await admin.patch(
        f"/api/queues/{queue['id']}", json={"version": 1, "member_ids": [agents[1].id, agents[2].id]}
    )

    assert {each["id"] for each in changed.json()["members"]} == {agents[1].id, agents[2].id}
    shown = {each["id"]: each for each in (await admin.get("/api/queues")).json()}
    assert shown[queue["id"]]["member_count"] == 2


async def test_queue_with_a_history_is_closed_not_deleted(line: Line, admin: httpx.AsyncClient) -> None:
    queue = (await admin.post("/api/queues", json=body())).json()
    await (await line.caller()).hang_up()

    kept = await admin.delete(f"/api/queues/{line.queue_id}")
    assert (kept.status_code, kept.json()["code"]) == (409, "queue_in_use")
    assert (await admin.delete(f"/api/queues/{queue['id']}")).status_code == 204
    assert (await admin.get(f"/api/queues/{queue['id']}")).status_code == 404


async def test_supervisor_sees_the_queues_of_their_teams_and_changes_none(line: Line, admin: httpx.AsyncClient) -> None:
    other = (await admin.post("/api/queues", json=body())).json()
    supervisor = (await line.person("supervisor", supervises=[line.team])).http

    seen = (await supervisor.get("/api/queues")).json()
    assert [each["id"] for each in seen] == [line.queue_id]
    assert seen[0]["abilities"] == {}
    assert (await supervisor.get(f"/api/queues/{other['id']}")).status_code == 404
    refused = await supervisor.patch(f"/api/queues/{line.queue_id}", json={"version": 1, "is_open": False})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


async def test_result_codes_are_made_changed_retired_and_kept_while_used(line: Line, admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/api/result-codes", json={"code": "sold", "label": "Sold"})).json()
    twice = await admin.post("/api/result-codes", json={"code": "sold", "label": "Again"})
    assert set(twice.json()["fields"]) == {"code"}
    empty = await admin.post("/api/result-codes", json={"code": " ", "label": ""})
    assert set(empty.json()["fields"]) == {"code", "label"}

    agent = await line.agent()
    caller = await line.talking(agent)
    await agent.does(caller, "result-code", result_code_id=made["id"])
    path = f"/api/result-codes/{made['id']}"
    assert (await admin.delete(path)).json()["code"] == "result_code_in_use"

    assert (await admin.patch(path, json={"is_active": False})).json()["is_active"] is False
    await agent.does(caller, "result-code", result_code_id=made["id"])
    await agent.does(caller, "result-code", result_code_id=None)
    await agent.is_refused(caller, "result-code", "not_found", result_code_id=made["id"])
    assert (await admin.delete(path)).status_code == 204
