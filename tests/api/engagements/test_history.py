"""The history of coaching: types, filters, pages, CSV (M5)."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from sideline.engagements.history_csv import cell
from sideline.engagements.models import EngagementRow, EngagementSegmentRow
from sideline.kit.clock import SettableClock
from sideline.kit.ids import new_id
from tests.support.engagements import Floor, LiveCall, Person
from tests.support.people import make_team


async def history(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await person.http.get("/api/coach-manager/history", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def past(
    floor: Floor,
    call: LiveCall,
    supervisor: Person,
    agent: Person,
    *rows: tuple[str, datetime, int],
    campaign: str = "",
) -> None:
    """Write segments (mode, start, seconds) of one past engagement."""
    async with floor.database.transaction() as tx:
        engagement = EngagementRow(
            id=new_id(),
            interaction_id=call.id,
            supervisor_id=supervisor.id,
            agent_id=agent.id,
            team_id=agent.user.team_id,
            target_participant_id=call.agent,
            mode=rows[-1][0],
            state="ended",
            requested_at=rows[0][1],
            ended_at=rows[-1][1],
            end_reason="supervisor_stopped",
        )
        tx.session.add(engagement)
        await tx.session.flush()
        for mode, start, seconds in rows:
            tx.session.add(
                EngagementSegmentRow(
                    id=new_id(),
                    engagement_id=engagement.id,
                    interaction_id=call.id,
                    supervisor_id=supervisor.id,
                    target_participant_id=call.agent,
                    agent_id=agent.id,
                    team_id=agent.user.team_id,
                    mode=mode,
                    campaign=campaign,
                    started_at=start,
                    ended_at=start + timedelta(seconds=seconds),
                    end_reason="switched",
                )
            )


@pytest.mark.promise("M5")
@pytest.mark.promise("V8")
async def test_the_history_has_type_start_end_length_target_user_and_campaign_for_each_mode_held(
    floor: Floor, clock: SettableClock
):
    supervisor, agent = await floor.supervisor(), await floor.agent(name="Ana")
    call = await floor.call(agent, campaign="Spring")
    engagement = await floor.start(supervisor, call)
    began = clock.now()
    for mode in ("coach", "barge", "barge_kick"):
        clock.move(timedelta(seconds=65))
        await floor.switch(supervisor, engagement, mode)
    clock.move(timedelta(seconds=65))
    assert len(await history(supervisor)) == 3
    await floor.control(supervisor, call, "end")
    rows = await history(supervisor, supervisor_id=supervisor.id)
    assert [row["type"] for row in rows] == ["barge_kick", "barge", "coach", "monitor"]
    assert {row["length_seconds"] for row in rows} == {65.0}
    assert {row["target_user"]["name"] for row in rows} == {"Ana"}
    assert {row["target_campaign"] for row in rows} == {"Spring"}
    assert rows[-1]["started_at"] == began.isoformat().replace("+00:00", "Z")
    assert rows[-1]["ended_at"] == rows[-2]["started_at"]


@pytest.mark.promise("M5")
async def test_the_history_is_filtered_by_supervisor_type_agent_and_date(floor: Floor, clock: SettableClock):
    manager = await floor.person("quality_manager")
    sam, kim = await floor.supervisor(), await floor.supervisor()
    ana, ben = await floor.agent(), await floor.agent()
    call, other = await floor.call(ana), await floor.call(ben)
    day = clock.now().replace(hour=12) - timedelta(days=10)
    await past(floor, call, sam, ana, ("monitor", day, 10), ("coach", day + timedelta(minutes=1), 10))
    await past(floor, other, sam, ben, ("monitor", day + timedelta(days=1), 10))
    await past(floor, other, kim, ben, ("barge", day + timedelta(days=2), 10))
    assert len(await history(manager)) == 4
    assert [row["type"] for row in await history(manager, supervisor_id=kim.id)] == ["barge"]
    assert [row["type"] for row in await history(manager, supervisor_id=sam.id, mode="coach")] == ["coach"]
    assert [row["type"] for row in await history(manager, supervisor_id=sam.id, agent_id=ben.id)] == ["monitor"]
    dated = {"from": (day + timedelta(days=1)).isoformat(), "to": (day + timedelta(days=2)).isoformat()}
    (row,) = await history(manager, **dated)
    assert row["target_user"]["id"] == ben.id


@pytest.mark.promise("M5")
async def test_pages_follow_each_other_without_gap_or_double(floor: Floor, clock: SettableClock):
    manager, sam, ana = await floor.person("quality_manager"), await floor.supervisor(), await floor.agent()
    call = await floor.call(ana)
    start = clock.now() - timedelta(days=1)
    # Many at the very same moment: the id breaks the tie.
    await past(floor, call, sam, ana, *(("monitor", start + timedelta(seconds=n // 7), 1) for n in range(50)))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"size": 8, **({"cursor": cursor} if cursor else {})}
        page = (await manager.http.get("/api/coach-manager/history", params=query)).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 50
    assert seen == [row["id"] for row in await history(manager, size=200)]


@pytest.mark.promise("P3")
async def test_the_history_of_other_teams_is_not_there(floor: Floor, clock: SettableClock):
    sam, ana = await floor.supervisor(), await floor.agent()
    await past(floor, await floor.call(ana), sam, ana, ("monitor", clock.now() - timedelta(hours=1), 10))
    outsider = await floor.supervisor(team=await make_team(floor.database))
    assert await history(outsider) == []
    assert await history(outsider, supervisor_id=sam.id) == []
    assert len(await history(sam)) == 1
    assert len((await outsider.http.get("/api/coach-manager/history.csv")).content.splitlines()) == 1


@pytest.mark.promise("M5")
async def test_the_csv_has_the_same_rows_with_times_in_the_readers_zone(floor: Floor):
    manager = await floor.person("quality_manager", time_zone="America/New_York")
    sam, ana = await floor.supervisor(name='Sam "Sunny" O\'Neil, Jr.'), await floor.agent(name="Ána")
    start = datetime.fromisoformat("2026-07-01T12:00:00+00:00")
    await past(floor, await floor.call(ana), sam, ana, ("coach", start, 90), campaign="Spring\nSale")
    answer = await manager.http.get("/api/coach-manager/history.csv", params={"mode": "coach"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf") and answer.content.endswith(b"\r\n")
    header, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    shown = dict(zip(header, row, strict=True))
    assert shown["Type"] == "Coach"
    assert shown["Start"] == "2026-07-01T08:00:00-04:00"
    assert shown["End"] == "2026-07-01T08:01:30-04:00"
    assert shown["Length (seconds)"] == "90"
    assert (shown["Target user"], shown["Target campaign"]) == ("Ána", "Spring\nSale")
    assert shown["Supervisor"] == 'Sam "Sunny" O\'Neil, Jr.'


@pytest.mark.promise("M5")
async def test_the_csv_of_a_long_history_is_whole(floor: Floor, clock: SettableClock):
    manager, sam, ana = await floor.person("quality_manager"), await floor.supervisor(), await floor.agent()
    start = clock.now() - timedelta(days=1)
    await past(
        floor,
        await floor.call(ana),
        sam,
        ana,
        *(("monitor", start + timedelta(seconds=n // 3), 1) for n in range(2500)),
    )
    answer = await manager.http.get("/api/coach-manager/history.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 2501
    starts = [row[1] for row in rows[1:]]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20", "'+44 20"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ('=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"'),
        ("plain", "plain"),
        ("a,b", '"a,b"'),
        ("a\r\nb", '"a\r\nb"'),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula_and_quoted_where_it_must_be(value: str, written: str):
    assert cell(value) == written
