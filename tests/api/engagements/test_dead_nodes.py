"""A voice node that is dead: nobody is told that they hear, nobody loses their place for it (V8, V10)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sideline.engagements.tasks import PhonesThatStayAway
from sideline.interactions.bodies import LegIn
from sideline.interactions.leg_commands import offer_leg
from sideline.interactions.leg_owner import LegOwner
from sideline.interactions.models import LegRow, VoiceNodeRow
from sideline.interactions.tasks import sources
from sideline.interactions.voice_nodes import end_life
from sideline.kit.clock import SettableClock
from sideline.kit.timers import Timers
from tests.support.engagements import Floor, Person, events_of, make_node


async def lets_lease_run_out(floor: Floor, node_id: str) -> None:
    """Let a node be killed: nobody has noticed yet, but it renews no more."""
    async with floor.database.transaction() as tx:
        await tx.session.execute(
            update(VoiceNodeRow).where(VoiceNodeRow.id == node_id).values(lease_until=tx.now - timedelta(seconds=1))
        )


async def offers_again(floor: Floor, **owner: str) -> None:
    async with floor.database.transaction() as tx:
        await offer_leg(tx, LegOwner(**owner), LegIn(offer="v=0", tab_id="tab", has_microphone=True))


async def wanted_node(floor: Floor, person: Person) -> str | None:
    async with floor.database.reading() as connection:
        return await connection.scalar(select(LegRow.wanted_node_id).where(LegRow.id == await floor.leg_of(person)))


async def works_off(floor: Floor) -> None:
    """Let the worker look at what is due."""
    await Timers(floor.database, [*sources(), PhonesThatStayAway()]).run_due()


@pytest.mark.promise("V10")
async def test_a_supervisor_whose_page_connects_elsewhere_hears_nothing_and_follows_the_call(
    floor: Floor,
):
    supervisor, agent = await floor.supervisor(), await floor.agent()
    call = await floor.call(agent)
    await floor.start(supervisor, call)
    await lets_lease_run_out(floor, floor.node_id)
    await make_node(floor.database)

    await offers_again(floor, user_id=supervisor.id)
    assert (await floor.mine(supervisor))["state"] == "lost"

    of_call = await make_node(floor.database)
    async with events_of(floor.database) as heard:
        await offers_again(floor, user_id=agent.id)
    assert await wanted_node(floor, supervisor) == of_call
    asked = [event["topics"] for event in heard if event["type"] == "leg.reconnect_wanted"]
    assert {f"user:{supervisor.id}"} in asked


@pytest.mark.promise("V10")
async def test_a_supervisor_who_connects_elsewhere_than_a_call_that_went_on_already_is_asked_over(floor: Floor):
    supervisor, agent = await floor.supervisor(), await floor.agent()
    call = await floor.call(agent)
    await floor.start(supervisor, call)
    await lets_lease_run_out(floor, floor.node_id)
    of_call = await make_node(floor.database)

    await offers_again(floor, user_id=agent.id)

    assert (await floor.mine(supervisor))["state"] == "lost"
    assert await wanted_node(floor, supervisor) == of_call


@pytest.mark.promise("V8")
async def test_no_engagement_ends_while_no_voice_node_lives(floor: Floor, clock: SettableClock):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.switch(supervisor, await floor.start(supervisor, call), "barge_kick")
    async with floor.database.transaction() as tx:
        await end_life(tx, floor.node_id)
    await works_off(floor)
    clock.move(timedelta(minutes=5))
    await works_off(floor)
    assert (await floor.mine(supervisor))["state"] == "lost"

    await make_node(floor.database)
    await works_off(floor)
    clock.move(timedelta(seconds=14))
    await works_off(floor)
    assert (await floor.mine(supervisor))["state"] == "lost"

    clock.move(timedelta(seconds=2))
    async with events_of(floor.database) as heard:
        await works_off(floor)
    (ended,) = [event["engagement"] for event in heard if event["type"] == "engagement.ended"]
    assert ended["end_reason"] == "engine_lost"
