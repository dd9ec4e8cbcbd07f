"""What Sideline is composed of: each slice's routes and reactions, listed once.

The web, voice and worker processes all take their :class:`Database` from
here, so that a reaction runs in whichever process the transaction is.
"""

from collections.abc import Sequence
from typing import Any

from litestar.types import ControllerRouterHandler

from sideline.engagements import routes as engagements
from sideline.engagements.reactions import REACTIONS as ENGAGEMENTS_REACTIONS
from sideline.interactions import routes as interactions
from sideline.interactions.reactions import REACTIONS as INTERACTIONS_REACTIONS
from sideline.kit.clock import Clock
from sideline.kit.db import Database, Reaction, Reactions
from sideline.kit.settings import Settings, SettingsError
from sideline.people import routes as people
from sideline.realtime import routes as realtime
from sideline.voice.ice import IceServer, parse_ice_server

ROUTES: Sequence[ControllerRouterHandler] = (
    *people.ROUTES,
    *interactions.ROUTES,
    *engagements.ROUTES,
    *realtime.ROUTES,
)
"""Every slice's routes, lowest slice first."""

_REACTIONS: Sequence[Reactions] = (INTERACTIONS_REACTIONS, ENGAGEMENTS_REACTIONS)
"""Every slice's reactions to what the slices above it tell, lowest slice first."""


def reactions() -> Reactions:
    """Return every slice's reactions together."""
    merged: dict[type[Any], list[Reaction]] = {}
    for each in _REACTIONS:
        for message, answers in each.items():
            merged.setdefault(message, []).extend(answers)
    return merged


def open_database(settings: Settings, *, clock: Clock | None = None) -> Database:
    """Return this process's database, with every reaction registered."""
    return Database(settings.database_url, pool_size=settings.database_pool, clock=clock, reactions=reactions())


def ice_servers(settings: Settings) -> list[IceServer]:
    """Return the STUN and TURN servers that both ends of a leg use; raises SettingsError for one that can't be read."""
    try:
        return [parse_ice_server(text) for text in settings.ice_servers]
    except ValueError as error:
        raise SettingsError(f"SIDELINE_ICE_SERVERS: {error}") from error
