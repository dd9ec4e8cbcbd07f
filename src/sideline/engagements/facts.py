"""Facts: what the rules must know before an engagement may begin, change or end.

A command loads a :class:`Scene`, which locks the call until the transaction
ends: two commands on one call come one after the other, each with the facts
that the other left.
"""

from dataclasses import dataclass

from sqlalchemy import select

from sideline.engagements.models import EngagementRow
from sideline.engagements.policy import read_engagement_policy
from sideline.engagements.schemas import EngagementSummary
from sideline.engagements.standing import SelectedPhone, permitted_modes, read_standing_towards
from sideline.interactions.call_facts import LoadedCall, load_call
from sideline.interactions.queries import visible_interaction
from sideline.kit.db import Tx
from sideline.kit.ids import is_id
from sideline.kit.problems import NotFound
from sideline.people.identity import SignedIn
from sideline.people.models import UserRow
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import Call, Seat, opens_the_call
from sideline.rules.engagement import (
    Engagement,
    EngagementPolicy,
    EngagementState,
    SupervisorFacts,
    TargetFacts,
    target_facts,
)

ENGAGEMENT = "engagement"
PARTICIPANT = "participant of this interaction"

ENDED = "ended"


@dataclass
class Scene:
    """A call and everyone who supervises it, locked."""

    loaded: LoadedCall
    rows: dict[str, EngagementRow]
    """Engagements that have not ended, by id."""
    names: dict[str, str]
    """Names of their supervisors, by user id."""
    policy: EngagementPolicy

    @property
    def call(self) -> Call:
        """The call as the rules see it."""
        return self.loaded.call

    @property
    def id(self) -> str:
        """The interaction's id."""
        return self.loaded.row.id

    def seat(self, participant_id: str) -> Seat:
        """Return a participant's seat; raises NotFound."""
        seat = self.call.seat(participant_id)
        if seat is None:
            raise NotFound(PARTICIPANT)
        return seat

    def agent_seats_of(self, user_id: str) -> frozenset[str]:
        """Return the seats in which a user is or was an agent of this call."""
        participants = self.loaded.participants
        return frozenset(
            seat.id
            for seat in self.call.seats
            if seat.user_id == user_id
            and seat.purpose == Purpose.AGENT
            and opens_the_call(seat.state, has_joined=participants[seat.id].joined_at is not None)
        )

    def engagement(self, row: EngagementRow) -> Engagement:
        """Return the row as the rules see it."""
        return engagement_of(row, row.supervisor_id, self.seat(row.target_participant_id).purpose)

    def add(self, row: EngagementRow, supervisor_name: str) -> None:
        """Add an engagement that begins."""
        self.rows[row.id] = row
        self.names[row.supervisor_id] = supervisor_name

    def target(self, seat: Seat, *, for_user_id: str) -> TargetFacts:
        """Return what matters about a participant to this supervisor."""
        barging = sum(row.mode == Mode.BARGE and row.supervisor_id != for_user_id for row in self.rows.values())
        coach = self._coach_of(seat.id, besides=for_user_id)
        facts = target_facts(self.call, seat.id, coached_by=coach, barging=barging)
        if facts is None:
            raise NotFound(PARTICIPANT)
        return facts

    def _coach_of(self, seat_id: str, *, besides: str) -> str | None:
        for row in self.rows.values():
            if row.mode == Mode.COACH and row.target_participant_id == seat_id and row.supervisor_id != besides:
                return self.names[row.supervisor_id]
        return None


@dataclass(frozen=True)
class Aim:
    """A participant as the target of one supervisor."""

    seat: Seat
    target: TargetFacts
    agent_id: str | None
    """Whom it is about: the agent who is targeted, or who has the targeted customer's call."""
    team_id: str | None
    """That agent's team."""
    supervisor: SupervisorFacts
    phone: SelectedPhone
    """With what the supervisor would hear the call, if they began now."""


def engagement_of(row: EngagementRow | EngagementSummary, supervisor_id: str, target_purpose: Purpose) -> Engagement:
    """Return an engagement as the rules see it; one whose phone is lost is connecting again."""
    match row.state:
        case "active":
            state = EngagementState.ACTIVE
        case "ended":
            state = EngagementState.ENDED
        case _:
            state = EngagementState.CONNECTING
    return Engagement(row.id, supervisor_id, row.target_participant_id, target_purpose, Mode(row.mode), state)


async def load_scene(tx: Tx, interaction_id: str) -> Scene:
    """Lock a call and return it with its engagements; raises NotFound. Visibility is the caller's to check."""
    loaded = await load_call(tx, interaction_id)
    found = await tx.session.execute(
        select(EngagementRow, UserRow.name)
        .join(UserRow, UserRow.id == EngagementRow.supervisor_id)
        .where(EngagementRow.interaction_id == loaded.row.id, EngagementRow.state != ENDED)
        .order_by(EngagementRow.requested_at, EngagementRow.id)
        .execution_options(populate_existing=True)
    )
    rows: dict[str, EngagementRow] = {}
    names: dict[str, str] = {}
    for row, name in found:
        rows[row.id] = row
        names[row.supervisor_id] = name
    return Scene(loaded, rows, names, await read_engagement_policy(tx.session))


async def scene_to_start(tx: Tx, me: SignedIn, interaction_id: str) -> Scene:
    """Return the scene of an interaction that ``me`` may see; raises NotFound for any other."""
    await visible_interaction(tx.session, me, interaction_id)
    return await load_scene(tx, interaction_id)


async def scene_of(tx: Tx, engagement_id: str) -> tuple[Scene, EngagementRow]:
    """Return an engagement, ended or not, with its scene; raises NotFound. Visibility is the caller's to check."""
    interaction_id = None
    if is_id(engagement_id):
        interaction_id = await tx.session.scalar(
            select(EngagementRow.interaction_id).where(EngagementRow.id == engagement_id)
        )
    if interaction_id is None:
        raise NotFound(ENGAGEMENT)
    scene = await load_scene(tx, interaction_id)
    row = scene.rows.get(engagement_id) or await tx.session.get_one(
        EngagementRow, engagement_id, populate_existing=True
    )
    return scene, row


async def aim_at(tx: Tx, me: SignedIn, scene: Scene, participant_id: str) -> Aim:
    """Return what it means for ``me`` to supervise this participant; raises NotFound for one who isn't on the call."""
    seat = scene.seat(participant_id)
    agent = agent_for(scene.call, seat)
    agent_id = agent.user_id if agent else None
    standing, team_id = await read_standing_towards(tx.session, me.user_id, [scene.id], agent_id)
    return Aim(
        seat,
        scene.target(seat, for_user_id=me.user_id),
        agent_id,
        team_id,
        standing.towards(scene.id, permitted_modes(me.actor, team_id)),
        standing.phone_on(scene.id),
    )


def agent_for(call: Call, target: Seat) -> Seat | None:
    """Return whom an engagement with this target is about: the agent it targets, else the one who has the call."""
    return call.in_control if target.purpose == Purpose.CUSTOMER else target


async def team_of(tx: Tx, agent: Seat | None) -> str | None:
    """Return the team of the user in this seat, None without one."""
    if agent is None or agent.user_id is None:
        return None
    return await tx.session.scalar(select(UserRow.team_id).where(UserRow.id == agent.user_id))
