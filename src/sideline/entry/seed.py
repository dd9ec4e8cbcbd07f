"""The demo organisation: written once into an empty database, and some history to look at."""

import random
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select

from sideline.engagements.models import EngagementRow, EngagementSegmentRow
from sideline.entry.seed_people import (
    CAMPAIGNS,
    CUSTOMERS,
    GROUPS,
    HINTED,
    LISTS,
    PASSWORD,
    QUEUES,
    RESULT_CODES,
    TEAMS,
    USERS,
    email_of,
)
from sideline.interactions.models import (
    InteractionMarkRow,
    InteractionRow,
    InteractionSegmentRow,
    ParticipantRow,
    QueueMemberRow,
    QueueRow,
    ResultCodeRow,
)
from sideline.kit.db import Database, Tx
from sideline.kit.ids import new_id
from sideline.people.models import GroupMemberRow, GroupRow, TeamRow, TeamSupervisorRow, UserRow
from sideline.people.new_user import insert_user
from sideline.people.shipped_role_rows import shipped_role_id
from sideline.people.sign_in.passwords import hash_password

PAST_INTERACTIONS = 240
ENGAGED_SHARE = 0.4


class Seeded(msgspec.Struct, frozen=True):
    """Who can sign in, and where a customer calls."""

    sign_ins: tuple[tuple[str, str, str], ...]
    customer_page: str


async def seed_demo(database_url: str) -> Seeded:
    """Write the demo organisation unless it (or any user) is there already; say who can sign in."""
    database = Database(database_url, pool_size=2)
    try:
        async with database.transaction() as tx:
            if (await tx.session.execute(select(UserRow.id).limit(1))).scalar_one_or_none() is None:
                await _Demo(tx).write(await hash_password(PASSWORD))
    finally:
        await database.aclose()
    hinted = sorted((user for user in USERS if user.email_name in HINTED), key=lambda u: HINTED.index(u.email_name))
    return Seeded(
        sign_ins=tuple(
            (f"{user.name}, {user.role.replace('_', ' ')}", email_of(user.email_name), PASSWORD) for user in hinted
        ),
        customer_page=f"/c/{QUEUES[-1].slug}",
    )


class _Demo:
    """Writes rows; keeps the ids of what it wrote by name."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._teams: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._queues: dict[str, str] = {}
        self._result_codes: list[str] = []
        # The same organisation each time: not for secrets.
        self._chance = random.Random(20)

    async def write(self, password_hash: str) -> None:
        """Write everything, in the order of the references."""
        await self._write_teams()
        await self._write_users(password_hash)
        await self._write_queues()
        for _ in range(PAST_INTERACTIONS):
            await self._write_past_interaction()

    async def _write_teams(self) -> None:
        for team in TEAMS:
            self._teams[team.name] = new_id()
            parent = self._teams[team.parent] if team.parent else None
            self._tx.session.add(TeamRow(id=self._teams[team.name], name=team.name, parent_id=parent))
            await self._tx.session.flush()

    async def _write_users(self, password_hash: str) -> None:
        for user in USERS:
            row = await insert_user(
                self._tx,
                email=email_of(user.email_name),
                name=user.name,
                role_ids=[shipped_role_id(user.role)],
                team_id=self._teams[user.team] if user.team else None,
                password_hash=password_hash,
            )
            self._users[user.email_name] = row.id
            await self._tx.session.flush()
            self._tx.session.add_all(
                TeamSupervisorRow(team_id=self._teams[team], user_id=row.id) for team in user.supervises
            )
        for name, members in GROUPS.items():
            group = GroupRow(id=new_id(), name=name)
            self._tx.session.add(group)
            await self._tx.session.flush()
            self._tx.session.add_all(GroupMemberRow(group_id=group.id, user_id=self._users[each]) for each in members)

    async def _write_queues(self) -> None:
        for queue in QUEUES:
            self._queues[queue.name] = new_id()
            self._tx.session.add(
                QueueRow(
                    id=self._queues[queue.name],
                    name=queue.name,
                    slug=queue.slug,
                    team_id=self._teams[queue.team],
                    wrap_up_seconds=20,
                )
            )
            await self._tx.session.flush()
            self._tx.session.add_all(
                QueueMemberRow(queue_id=self._queues[queue.name], user_id=self._users[user.email_name])
                for user in USERS
                if (
                    user.email_name in queue.members
                    if queue.members
                    else user.role == "agent" and user.team == queue.team
                )
            )
        for code, label in RESULT_CODES:
            row = ResultCodeRow(id=new_id(), code=code, label=label)
            self._result_codes.append(row.id)
            self._tx.session.add(row)
        await self._tx.session.flush()

    async def _write_past_interaction(self) -> None:
        chance = self._chance
        agent = chance.choice([user for user in USERS if user.role == "agent"])
        queue = next(queue for queue in QUEUES if queue.team == agent.team)
        customer_name = chance.choice(CUSTOMERS)
        started = self._tx.now - timedelta(days=chance.randint(1, 14), seconds=chance.randint(0, 28_000))
        answered = started + timedelta(seconds=chance.randint(4, 40))
        ended = answered + timedelta(seconds=chance.randint(60, 700))
        campaign = chance.choice((*CAMPAIGNS, "", ""))
        interaction = InteractionRow(
            id=new_id(),
            direction="inbound",
            state="ended",
            live_state="ended",
            queue_id=self._queues[queue.name],
            agent_id=self._users[agent.email_name],
            team_ids=[self._teams[queue.team]],
            user_ids=[self._users[agent.email_name]],
            customer_name=customer_name,
            phone_number=f"+44 20 7946 {chance.randint(0, 999):04}",
            campaign=campaign,
            list_name=chance.choice(LISTS) if campaign else "",
            result_code_id=chance.choice(self._result_codes),
            started_at=started,
            answered_at=answered,
            ended_at=ended,
            end_reason="customer_left",
            priority_at=started,
        )
        self._tx.session.add(interaction)
        await self._tx.session.flush()
        customer = self._participant(interaction, "customer", None, customer_name, started, ended)
        agent_row = self._participant(interaction, "agent", self._users[agent.email_name], agent.name, answered, ended)
        self._tx.session.add_all((customer, agent_row))
        await self._tx.session.flush()
        self._segment(interaction, customer, "waiting", started, answered)
        self._segment(interaction, agent_row, "talk", answered, ended)
        self._tx.session.add(
            InteractionMarkRow(
                id=new_id(), interaction_id=interaction.id, participant_id=agent_row.id, kind="answered", at=answered
            )
        )
        if chance.random() < ENGAGED_SHARE:
            await self._write_past_engagement(interaction, agent_row)

    def _participant(
        self,
        interaction: InteractionRow,
        purpose: str,
        user_id: str | None,
        name: str,
        joined: datetime,
        left: datetime,
    ) -> ParticipantRow:
        return ParticipantRow(
            id=new_id(),
            interaction_id=interaction.id,
            purpose=purpose,
            user_id=user_id,
            name=name,
            state="left",
            talk_group="main",
            invited_at=joined,
            joined_at=joined,
            left_at=left,
            leave_reason="ended",
        )

    def _segment(
        self, interaction: InteractionRow, participant: ParticipantRow, kind: str, started: datetime, ended: datetime
    ) -> None:
        self._tx.session.add(
            InteractionSegmentRow(
                id=new_id(),
                interaction_id=interaction.id,
                participant_id=participant.id,
                kind=kind,
                started_at=started,
                ended_at=ended,
            )
        )

    async def _write_past_engagement(self, interaction: InteractionRow, agent: ParticipantRow) -> None:
        chance = self._chance
        assert interaction.answered_at is not None and interaction.ended_at is not None
        supervisor = self._users[chance.choice(("supervisor", "supervisor", "coach"))]
        length = (interaction.ended_at - interaction.answered_at).total_seconds()
        begun = interaction.answered_at + timedelta(seconds=length * 0.2)
        switched = interaction.answered_at + timedelta(seconds=length * 0.5)
        finished = interaction.answered_at + timedelta(seconds=length * 0.9)
        modes = chance.choice(
            (("monitor", "coach"), ("monitor", "coach"), ("monitor", "monitor"), ("monitor", "barge"))
        )
        engagement = EngagementRow(
            id=new_id(),
            interaction_id=interaction.id,
            supervisor_id=supervisor,
            agent_id=agent.user_id,
            team_id=interaction.team_ids[0],
            target_participant_id=agent.id,
            mode=modes[1],
            state="ended",
            requested_at=begun,
            started_at=begun,
            ended_at=finished,
            end_reason="supervisor_stopped",
        )
        self._tx.session.add(engagement)
        await self._tx.session.flush()
        stretches = [(modes[0], begun, switched), (modes[1], switched, finished)]
        if modes[0] == modes[1]:
            stretches = [(modes[0], begun, finished)]
        for mode, start, end in stretches:
            self._tx.session.add(
                EngagementSegmentRow(
                    id=new_id(),
                    engagement_id=engagement.id,
                    interaction_id=interaction.id,
                    supervisor_id=supervisor,
                    agent_id=agent.user_id,
                    team_id=interaction.team_ids[0],
                    target_participant_id=agent.id,
                    mode=mode,
                    campaign=interaction.campaign,
                    started_at=start,
                    ended_at=end,
                    end_reason="supervisor_stopped" if end == finished else "switched",
                )
            )
