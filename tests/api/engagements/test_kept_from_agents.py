"""What supervisors do stays unknown to the agents of a call, also to those who may see engagements of others."""

from typing import Any

import pytest
from sqlalchemy import literal, select

from sideline.engagements.models import EngagementSegmentRow
from sideline.engagements.own_calls import is_shown_of_own_call
from sideline.kit.ids import new_id
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.engagement import Engagement, EngagementPolicy, Viewer, sees
from tests.support.engagements import Floor, LiveCall, Person, events_of


async def told_on_team(floor: Floor, person: Person, since: str) -> list[str]:
    topics = [f"team-engagements:{floor.team}", f"user:{person.id}"]
    answer = await person.http.get("/api/events", params={"topics": topics, "position": since})
    assert answer.json()["refused"] == []
    return [event["type"] for event in answer.json()["events"] if event["type"].startswith("engagement.")]


async def position(person: Person) -> str:
    return (await person.http.get("/api/events", params={"topics": ["queues"]})).json()["position"]


async def with_rights(floor: Floor) -> Person:
    return await floor.agent(extra_roles=("supervisor",), supervises=[floor.team])


@pytest.mark.promise("V2")
async def test_a_consulted_agent_who_may_see_engagements_hears_nothing_of_a_monitor(floor: Floor):
    agent, colleague, watching = await floor.agent(), await with_rights(floor), await floor.supervisor()
    call = await floor.call(agent)
    await floor.control(agent, call, "consult", user_id=colleague.id)
    await floor.control(colleague, call, "answer")
    since, others = await position(colleague), await position(watching)
    engagement = await floor.start(watching, call)
    await watching.http.post(f"/api/engagements/{engagement['id']}/stop")
    assert await told_on_team(floor, colleague, since) == []
    assert "engagement.started" in await told_on_team(floor, watching, others)


@pytest.mark.promise("V2")
async def test_an_agent_who_transferred_a_call_away_hears_nothing_of_a_monitor_who_follows(floor: Floor):
    agent, colleague, watching = await with_rights(floor), await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    since = await position(agent)
    await floor.start(watching, call, "monitor", call.customer)
    await floor.control(agent, call, "transfer", user_id=colleague.id)
    async with events_of(floor.database) as heard:
        await floor.control(colleague, call, "answer")
    assert "engagement.switched" in [event["type"] for event in heard]
    assert await told_on_team(floor, agent, since) == []


@pytest.mark.promise("V13")
async def test_a_monitor_of_ones_own_call_does_not_exist_by_its_id_either(floor: Floor):
    agent, colleague, watching = await floor.agent(), await with_rights(floor), await floor.supervisor()
    stranger = await floor.supervisor()
    call = await floor.call(agent)
    await floor.control(agent, call, "consult", user_id=colleague.id)
    await floor.control(colleague, call, "answer")
    engagement = await floor.start(watching, call)
    path = f"/api/engagements/{engagement['id']}/stop"
    assert (await colleague.http.post(path)).status_code == 404
    assert (await stranger.http.post(path)).json()["code"] == "not_your_engagement"


async def test_only_the_coached_agent_is_told_of_the_mark_that_forbids_a_consult(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    gone = await floor.agent()
    call = await floor.call(gone)
    await floor.control(gone, call, "transfer", user_id=agent.id)
    seat = (await floor.control(agent, call, "answer"))["my_participant_id"]
    engagement = await floor.start(supervisor, call, "monitor", seat)
    async with events_of(floor.database) as heard:
        await floor.switch(supervisor, engagement, "coach")
    marked = [event["topics"] for event in heard if event["type"] == "interaction.changed"]
    assert marked == [{f"user:{agent.id}"}]


MODES = ("monitor", "coach", "barge", "barge_kick")


async def segments_of(floor: Floor, call: LiveCall, supervisors: list[Person], targets: list[str]) -> list[Any]:
    """Write a segment of each supervisor in each mode towards each target."""
    rows = []
    async with floor.database.transaction() as tx:
        for supervisor in supervisors:
            started = await floor_engagement(floor, tx, call, supervisor)
            for mode in MODES:
                for target in targets:
                    row = EngagementSegmentRow(
                        id=new_id(),
                        engagement_id=started,
                        interaction_id=call.id,
                        supervisor_id=supervisor.id,
                        target_participant_id=target,
                        mode=mode,
                        started_at=tx.now,
                        ended_at=tx.now,
                    )
                    rows.append((row.id, supervisor.id, mode, target))
                    tx.session.add(row)
    return rows


async def floor_engagement(floor: Floor, tx: Any, call: LiveCall, supervisor: Person) -> str:
    from sideline.engagements.models import EngagementRow

    row = EngagementRow(
        id=new_id(),
        interaction_id=call.id,
        supervisor_id=supervisor.id,
        target_participant_id=call.agent,
        mode="monitor",
        state="ended",
        requested_at=tx.now,
        ended_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    return row.id


@pytest.mark.promise("V13")
@pytest.mark.parametrize("agents_see_monitors", [True, False])
async def test_lists_show_agents_of_the_call_what_the_rule_shows_them(floor: Floor, agents_see_monitors: bool):
    """The condition in SQL against the rule, for every viewer, supervisor, mode and target."""
    agent, consulted, in_vain, stranger = [await floor.agent() for _ in range(4)]
    call = await floor.call(agent)
    await floor.control(agent, call, "consult", user_id=in_vain.id)
    await floor.control(in_vain, call, "decline")
    await floor.control(agent, call, "resume")
    await floor.control(agent, call, "consult", user_id=consulted.id)
    seat = (await floor.control(consulted, call, "answer"))["my_participant_id"]
    seats = {agent.id: {call.agent}, consulted.id: {seat}}
    policy = EngagementPolicy(agents_see_monitors=agents_see_monitors)
    purposes = {call.customer: Purpose.CUSTOMER}
    rows = await segments_of(floor, call, [stranger, agent], [call.agent, seat, call.customer])
    for viewer in (agent, consulted, in_vain, stranger):
        condition = is_shown_of_own_call(viewer.id, EngagementSegmentRow, literal(agents_see_monitors))
        async with floor.database.reading() as connection:
            shown = set((await connection.execute(select(EngagementSegmentRow.id).where(condition))).scalars())
        looking = Viewer(viewer.id, is_permitted=True, agent_seats=frozenset(seats.get(viewer.id, ())))
        assert shown == {
            id_
            for id_, by, mode, target in rows
            if sees(looking, Engagement(id_, by, target, purposes.get(target, Purpose.AGENT), Mode(mode)), policy)
        }


@pytest.mark.promise("M2")
async def test_the_history_says_who_disconnected_the_supervisor(floor: Floor):
    manager, supervisor = await floor.person("administrator", name="Kim"), await floor.supervisor()
    engagement = await floor.start(supervisor, await floor.call(await floor.agent()))
    await floor.switch(supervisor, engagement, "barge")
    await manager.http.post(f"/api/engagements/{engagement['id']}/disconnect")
    last, first = (await manager.http.get("/api/coach-manager/history")).json()["items"]
    assert (last["end_text"], last["ended_by"]["id"]) == ("Kim disconnected the supervisor.", manager.id)
    assert (first["end_text"], first["ended_by"]) == ("The supervisor went on in another way.", None)
    header, row, *_ = (await manager.http.get("/api/coach-manager/history.csv")).text.splitlines()
    assert header.endswith(",Ended because,Ended by")
    assert row.endswith(",Kim disconnected the supervisor.,Kim")


@pytest.mark.promise("V6")
async def test_the_customer_reads_of_a_barge_while_it_is_heard(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    await floor.policy(barge_notice=True)
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)

    def notices(heard: list[dict[str, Any]]) -> list[str | None]:
        return [event["call"]["notice"] for event in heard if event["type"] == "customer.call_changed"]

    async with events_of(floor.database) as asked:
        assert (await floor.try_switch(supervisor, engagement, "barge")).status_code == 200
    assert notices(asked) == []
    async with events_of(floor.database) as heard:
        await floor.settled()
        await floor.lose_phone(supervisor)
        await floor.bring_phone_back(supervisor)
        await floor.settled()
    assert notices(heard) == ["A supervisor has joined the call.", None, "A supervisor has joined the call."]
