"""HTTP: a supervisor's own engagement, and what an agent is shown."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from sideline.engagements import coach_manager_routes, commands, live_routes
from sideline.engagements.live_queries import shown_to_me
from sideline.engagements.live_schemas import ShownToMeOut
from sideline.engagements.own import own_engagement
from sideline.engagements.schemas import EngagementOut, MuteEngagement, StartEngagement, SwitchEngagement
from sideline.kit.edge import database_of, run
from sideline.people.identity import SignedIn

_TAGS = ["engagements"]


@post("/api/engagements", tags=_TAGS)
async def start_engagement(
    request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[StartEngagement]
) -> EngagementOut:
    """Monitor, coach or join a participant of a live interaction with one's selected phone."""
    return await run(request, lambda tx: commands.start(tx, me, data), EngagementOut)


@get("/api/engagements/mine", tags=_TAGS)
async def get_my_engagement(request: Request[Any, Any, Any], me: SignedIn) -> EngagementOut | None:
    """Return the engagement that one has now, with what one may do with it; null for none."""
    async with database_of(request).reading() as connection:
        return await own_engagement(connection, me)


@get("/api/engagements/shown-to-me", tags=_TAGS)
async def get_supervisors_shown_to_me(request: Request[Any, Any, Any], me: SignedIn) -> ShownToMeOut:
    """Return whom an agent's own view of their call shows: who coaches them, who barged in."""
    async with database_of(request).reading() as connection:
        return await shown_to_me(connection, me)


@post("/api/engagements/{engagement_id:uuid}/switch", tags=_TAGS, status_code=200)
async def switch_engagement(
    request: Request[Any, Any, Any], me: SignedIn, engagement_id: FromPath[UUID], data: JSONBody[SwitchEngagement]
) -> EngagementOut:
    """Go on in another mode, or towards another participant of the same interaction; the phone stays connected."""
    return await run(request, lambda tx: commands.switch(tx, me, str(engagement_id), data), EngagementOut)


@post("/api/engagements/{engagement_id:uuid}/mute", tags=_TAGS, status_code=200)
async def mute_engagement(
    request: Request[Any, Any, Any], me: SignedIn, engagement_id: FromPath[UUID], data: JSONBody[MuteEngagement]
) -> EngagementOut:
    """Close one's microphone towards everyone on the call, or open it again."""
    return await run(request, lambda tx: commands.mute(tx, me, str(engagement_id), data), EngagementOut)


@post("/api/engagements/{engagement_id:uuid}/stop", tags=_TAGS, status_code=200)
async def stop_engagement(
    request: Request[Any, Any, Any], me: SignedIn, engagement_id: FromPath[UUID]
) -> EngagementOut:
    """Leave the call; agent and customer go on undisturbed."""
    return await run(request, lambda tx: commands.stop(tx, me, str(engagement_id)), EngagementOut)


@post("/api/engagements/{engagement_id:uuid}/disconnect", tags=_TAGS, status_code=200)
async def disconnect_engagement(
    request: Request[Any, Any, Any], me: SignedIn, engagement_id: FromPath[UUID]
) -> EngagementOut:
    """End another supervisor's engagement at once; they are told who did it, and the history keeps it."""
    return await run(request, lambda tx: commands.disconnect(tx, me, str(engagement_id)), EngagementOut)


ROUTES: Sequence[ControllerRouterHandler] = (
    start_engagement,
    get_my_engagement,
    get_supervisors_shown_to_me,
    switch_engagement,
    mute_engagement,
    stop_engagement,
    disconnect_engagement,
    *live_routes.ROUTES,
    *coach_manager_routes.ROUTES,
)
"""Everything that this slice serves."""
