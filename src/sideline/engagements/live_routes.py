"""HTTP: the live views of interactions, agents and queues, with the controls that one has in each."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.interaction_detail import interaction_detail
from sideline.engagements.live_queries import agents_view, queues_view
from sideline.engagements.live_rows import compose_rows
from sideline.engagements.live_schemas import AgentRowOut, InteractionDetailOut, InteractionRowOut, QueueRowOut
from sideline.interactions.queries import InteractionFilters, interactions_scope, list_interactions
from sideline.kit.edge import database_of
from sideline.kit.paging import LARGEST_PAGE, SMALLEST_PAGE, Page
from sideline.people.identity import SignedIn
from sideline.people.sign_in.who import team_parents
from sideline.rules.call import LiveState
from sideline.rules.permissions import Permission
from sideline.rules.presence import Presence
from sideline.rules.teams import descendants

SearchText = Annotated[str | None, QueryParameter(max_length=200, pattern=r"^[^\x00]*$")]
Which = Annotated[Literal["live", "ended", "all"], QueryParameter(name="state")]
PageSize = Annotated[int, QueryParameter(ge=SMALLEST_PAGE, le=LARGEST_PAGE)]


@get("/api/interactions", tags=["interactions"])
async def get_interactions(
    request: Request[Any, Any, Any],
    me: SignedIn,
    which: Which = "live",
    team_id: FromQuery[UUID | None] = None,
    agent_id: FromQuery[UUID | None] = None,
    queue_id: FromQuery[UUID | None] = None,
    campaign: SearchText = None,
    medium: FromQuery[Literal["voice", "chat"] | None] = None,
    live_state: FromQuery[LiveState | None] = None,
    external_id: SearchText = None,
    order: FromQuery[Literal["newest", "longest"]] = "newest",
    cursor: FromQuery[str | None] = None,
    size: PageSize = 50,
) -> Page[InteractionRowOut]:
    """Return the interactions that one may see, with who listens and what one may begin with whom.

    A team's interactions include those of the teams nested in it.
    """
    me.require_at_all(Permission.VIEW_INTERACTIONS)
    async with database_of(request).reading() as connection:
        filters = InteractionFilters(
            state=which,
            team_ids=await _nested(connection, team_id),
            agent_id=_text(agent_id),
            queue_id=_text(queue_id),
            campaign=campaign,
            medium=medium,
            live_state=live_state,
            external_id=external_id,
        )
        page = await list_interactions(connection, interactions_scope(me), filters, order, cursor, size)
        return Page(await compose_rows(connection, me, page.items), page.next)


@get("/api/interactions/{interaction_id:uuid}", tags=["interactions"])
async def get_interaction(
    request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]
) -> InteractionDetailOut:
    """Return one interaction with its participants, supervisors among them, and its timeline."""
    async with database_of(request).reading() as connection:
        return await interaction_detail(connection, me, str(interaction_id))


@get("/api/agents", tags=["agents"])
async def get_agents(
    request: Request[Any, Any, Any],
    me: SignedIn,
    team_id: FromQuery[UUID | None] = None,
    queue_id: FromQuery[UUID | None] = None,
    status: FromQuery[Presence | None] = None,
    cursor: FromQuery[str | None] = None,
    size: PageSize = LARGEST_PAGE,
) -> Page[AgentRowOut]:
    """Return the agents that one may see, by name, with what each is doing now and what one may begin with them."""
    me.require_at_all(Permission.VIEW_USERS)
    async with database_of(request).reading() as connection:
        return await agents_view(
            connection,
            me,
            team_ids=await _nested(connection, team_id),
            queue_id=_text(queue_id),
            status=status,
            cursor=cursor,
            size=size,
        )


@get("/api/queues/live", tags=["queues"])
async def get_live_queues(request: Request[Any, Any, Any], me: SignedIn) -> list[QueueRowOut]:
    """Return the queues that one may see, by name, with who waits in them and who works for them now."""
    me.require_at_all(Permission.VIEW_QUEUES)
    async with database_of(request).reading() as connection:
        return await queues_view(connection, me)


async def _nested(connection: AsyncConnection, team_id: UUID | None) -> tuple[str, ...] | None:
    if team_id is None:
        return None
    return tuple(sorted(descendants(await team_parents(connection), [str(team_id)])))


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


ROUTES: Sequence[ControllerRouterHandler] = (get_interactions, get_interaction, get_agents, get_live_queues)
