"""The live views: interactions, agents and queues, and what one interaction shows (V1, V13, V14)."""

from datetime import timedelta
from typing import Any

import pytest

from sideline.kit.clock import SettableClock
from tests.support.engagements import Floor, LiveCall, Person
from tests.support.people import make_team


async def listed(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await person.http.get("/api/interactions", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def detail(person: Person, call: LiveCall) -> dict[str, Any]:
    answer = await person.http.get(f"/api/interactions/{call.id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.promise("V1")
async def test_interactions_in_progress_are_listed_with_their_state_who_listens_and_what_one_may_begin(floor: Floor):
    agent, supervisor, other = await floor.agent(), await floor.supervisor(), await floor.supervisor(name="Sam")
    call = await floor.call(agent)
    await floor.start(other, call)
    (row,) = await listed(supervisor)
    assert (row["id"], row["state"], row["agent"]["id"]) == (call.id, "talking", agent.id)
    assert [(each["supervisor"]["name"], each["mode"], each["state"]) for each in row["listeners"]] == [
        ("Sam", "monitor", "active")
    ]
    assert row["targets"][call.agent]["monitor"]["allowed"]
    assert (
        row["targets"][call.agent]["coach"]["refusal"]["text"]
        == "Monitor the interaction first; then you can change over."
    )
    assert set(row["targets"][call.customer]) == {"monitor", "barge"}


@pytest.mark.promise("V1")
async def test_the_list_is_filtered_by_team_agent_queue_campaign_medium_and_state(floor: Floor):
    supervisor = await floor.supervisor()
    one, two = await floor.agent(), await floor.agent()
    first = await floor.call(one, campaign="Spring")
    second = await floor.call(two)
    await floor.control(two, second, "hold")
    for query, expected in (
        ({"agent_id": one.id}, [first]),
        ({"campaign": "Spring"}, [first]),
        ({"live_state": "held"}, [second]),
        ({"queue_id": floor.queue_id, "team_id": floor.team, "medium": "voice"}, [second, first]),
        ({"medium": "chat"}, []),
        ({"state": "ended"}, []),
    ):
        assert {row["id"] for row in await listed(supervisor, **query)} == {call.id for call in expected}, query


@pytest.mark.promise("V1")
async def test_the_list_runs_longest_or_newest_first_and_page_by_page(floor: Floor, clock: SettableClock):
    supervisor = await floor.supervisor()
    calls = []
    for _ in range(5):
        calls.append((await floor.call(await floor.agent())).id)
        clock.move(timedelta(seconds=1))
    assert [row["id"] for row in await listed(supervisor, order="longest")] == calls
    assert [row["id"] for row in await listed(supervisor, order="newest")] == calls[::-1]
    first = (await supervisor.http.get("/api/interactions", params={"size": 3})).json()
    rest = await listed(supervisor, size=3, cursor=first["next"])
    assert [row["id"] for row in [*first["items"], *rest]] == calls[::-1]


@pytest.mark.promise("V1")
async def test_the_agents_view_shows_what_each_agent_does_now_with_the_same_controls(floor: Floor):
    supervisor, busy, idle = await floor.supervisor(), await floor.agent(name="Ana"), await floor.agent(name="Ben")
    call = await floor.call(busy)
    answer = (await supervisor.http.get("/api/agents")).json()
    ana, ben = answer["items"]
    assert (ana["user"]["name"], ana["presence"]["status"], ana["interaction"]["id"]) == ("Ana", "interacting", call.id)
    assert ana["participant_id"] == call.agent
    (row,) = await listed(supervisor)
    assert ana["abilities"] == row["targets"][call.agent]
    assert (ben["user"]["id"], ben["presence"]["status"], ben["interaction"]) == (idle.id, "on_queue", None)
    on_queue = (await supervisor.http.get("/api/agents", params={"status": "on_queue"})).json()["items"]
    assert [each["user"]["name"] for each in on_queue] == ["Ben"]


@pytest.mark.promise("V1")
async def test_the_agents_view_is_read_page_by_page_and_by_queue(floor: Floor):
    supervisor = await floor.supervisor()
    for name in ("Cid", "Ana", "Ben"):
        await floor.agent(name=name)
    first = (await supervisor.http.get("/api/agents", params={"size": 2, "queue_id": floor.queue_id})).json()
    rest = (await supervisor.http.get("/api/agents", params={"size": 2, "cursor": first["next"]})).json()
    assert [each["user"]["name"] for each in [*first["items"], *rest["items"]]] == ["Ana", "Ben", "Cid"]
    assert rest["next"] is None


@pytest.mark.promise("V1")
async def test_the_queues_view_shows_who_waits_and_who_works(floor: Floor, clock: SettableClock):
    supervisor = await floor.supervisor()
    await floor.call(await floor.agent())
    await floor.agent()
    since = clock.now()
    await floor.waiting_call()
    clock.move(timedelta(seconds=30))
    await floor.waiting_call()
    (row,) = (await supervisor.http.get("/api/queues/live")).json()
    assert (row["waiting"], row["agents_on_queue"], row["on_calls"]) == (2, 1, 1)
    assert row["longest_waiting_since"] == since.isoformat().replace("+00:00", "Z")


@pytest.mark.promise("V1")
async def test_one_interaction_shows_participants_state_and_timeline(floor: Floor, clock: SettableClock):
    supervisor, agent = await floor.supervisor(), await floor.agent()
    call = await floor.call(agent)
    clock.move(timedelta(seconds=10))
    await floor.control(agent, call, "hold")
    seen = await detail(supervisor, call)
    assert seen["state"] == "held"
    assert {each["purpose"] for each in seen["participants"]} == {"customer", "agent"}
    kinds = {(each["participant_id"], each["kind"]) for each in seen["segments"]}
    assert {(call.agent, "talk"), (call.customer, "hold")} <= kinds
    assert [mark["kind"] for mark in seen["marks"]][-2:] == ["answered", "held"]


@pytest.mark.promise("V13")
@pytest.mark.parametrize("mode", ["monitor", "coach", "barge"])
async def test_a_supervisor_is_an_internal_participant_with_their_mode_for_those_who_may_see_it(
    floor: Floor, mode: str
):
    await floor.policy(observe_first=False)
    supervisor, watcher = await floor.supervisor(name="Sam"), await floor.supervisor()
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call, mode)
    shown = {each["id"]: each for each in (await detail(watcher, call))["participants"]}
    assert shown[engagement["id"]]["purpose"] == "supervisor"
    assert (shown[engagement["id"]]["name"], shown[engagement["id"]]["mode"]) == ("Sam", mode)
    assert shown[call.agent]["mode"] is None


@pytest.mark.promise("V13")
async def test_who_took_over_is_shown_once_with_that_mode(floor: Floor):
    supervisor, watcher = await floor.supervisor(), await floor.supervisor()
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call)
    await floor.switch(supervisor, engagement, "barge_kick")
    modes = [each["mode"] for each in (await detail(watcher, call))["participants"] if each["id"] == engagement["id"]]
    assert modes == ["barge_kick"]


@pytest.mark.promise("V13")
@pytest.mark.parametrize("is_told", [False, True])
async def test_the_agents_own_view_shows_monitors_only_where_policy_says_so(floor: Floor, is_told: bool):
    await floor.policy(tell_agent_of_monitor=is_told)
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    seen = await detail(agent, call)
    assert (engagement["id"] in [each["id"] for each in seen["participants"]]) is is_told
    assert bool(seen["listeners"]) is is_told
    assert bool(seen["engagement_segments"]) is is_told
    assert ("monitor" in [mark["kind"] for mark in seen["marks"]]) is is_told
    assert seen["targets"] == {}


@pytest.mark.promise("V14")
async def test_the_timeline_shows_every_segment_with_who_mode_start_end(floor: Floor, clock: SettableClock):
    supervisor, watcher = await floor.supervisor(name="Sam"), await floor.supervisor()
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call)
    began = clock.now()
    for mode in ("coach", "barge"):
        clock.move(timedelta(seconds=7))
        await floor.switch(supervisor, engagement, mode)
    clock.move(timedelta(seconds=7))
    await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
    segments = (await detail(watcher, call))["engagement_segments"]
    at = [(began + timedelta(seconds=7 * n)).isoformat().replace("+00:00", "Z") for n in range(4)]
    assert [(s["supervisor"]["name"], s["mode"], s["started_at"], s["ended_at"]) for s in segments] == [
        ("Sam", "monitor", at[0], at[1]),
        ("Sam", "coach", at[1], at[2]),
        ("Sam", "barge", at[2], at[3]),
    ]


async def test_a_page_of_the_list_costs_the_same_few_statements_whatever_its_size(floor: Floor):
    supervisor, other = await floor.supervisor(), await floor.supervisor()
    await floor.start(other, await floor.call(await floor.agent()))
    few = await floor.statements_of(supervisor, "/api/interactions")
    for _ in range(6):
        await floor.call(await floor.agent())
    assert await floor.statements_of(supervisor, "/api/interactions") == few


async def test_a_list_of_another_team_is_empty(floor: Floor):
    await floor.call(await floor.agent())
    outsider = await floor.supervisor(team=await make_team(floor.database))
    assert await listed(outsider) == []
    assert (await outsider.http.get("/api/agents")).json()["items"] == []
    assert (await outsider.http.get("/api/queues/live")).json() == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/interactions?cursor=nonsense",
        "/api/interactions?campaign=%00",
        "/api/interactions?size=0",
        "/api/interactions?state=dead",
        "/api/agents?cursor=WyJcdTAwMDAiLCJ4Il0",
        "/api/agents?cursor=WyJBIiwieCJd",
        "/api/coach-manager/history?cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwieCJd",
        "/api/coach-manager/history?from=2026-01-01T00:00:00",
        "/api/coach-manager/history?to=0001-01-01T00:00:00%2B14:00",
        "/api/coach-manager/history?mode=spy",
    ],
)
async def test_a_question_that_makes_no_sense_is_answered_with_a_problem_not_a_failure(floor: Floor, path: str):
    supervisor = await floor.supervisor()
    answer = await supervisor.http.get(path)
    assert answer.status_code in (200, 400, 422), answer.text
    if answer.status_code == 200:
        assert answer.json()["items"] == []
    else:
        assert answer.headers["content-type"].startswith("application/problem+json")
