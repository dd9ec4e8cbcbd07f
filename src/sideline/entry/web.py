"""The web process: HTTP API, websockets and the web app on one port."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
import uvicorn
from litestar import Litestar
from litestar.exceptions import HTTPException
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from sideline.entry.composition import ROUTES, ice_servers, open_database
from sideline.entry.database_faults import handle_database_fault
from sideline.entry.demo_hints import demo_hints
from sideline.entry.door import Door
from sideline.entry.health import health
from sideline.entry.openapi import OPENAPI, described
from sideline.entry.web_app import WebApp
from sideline.entry.web_metrics import watch
from sideline.interactions.leg_answers import LegAnswers, hearing_answers
from sideline.interactions.leg_routes import ICE_SERVERS, LEG_ANSWERS
from sideline.kit.db import Database
from sideline.kit.problems import Problem, handle_failure, handle_http_exception, handle_problem
from sideline.kit.processes import listening_socket, raise_file_limit, say_ready
from sideline.kit.settings import Settings, SettingsError, load_settings
from sideline.kit.telemetry import Metrics, configure_logging, metrics_port, this_process
from sideline.people import routes as people
from sideline.people.sign_in.routes import HINTS
from sideline.realtime.live import realtime
from sideline.realtime.protocol import (
    LARGEST_MESSAGE,
    PING_EVERY_SECONDS,
    PONG_WITHIN_SECONDS,
    SocketProtocol,
)

LARGEST_BODY = 256 * 1024
"""Bytes of a request's body; a route that takes more says so itself."""

STOP_WITHIN_SECONDS = 1
"""How long requests in progress may take to end when the process stops."""

KEEP_ALIVE_SECONDS = 75

_log = structlog.get_logger()


def make_app(settings: Settings, database: Database, *, failed: Callable[[], None] = lambda: None) -> Litestar:
    """Compose the slices into the application.

    Its lifespan runs realtime (event log, sockets); ``failed`` is called when
    that breaks down, and the process should end then. Raises SettingsError.
    """

    @asynccontextmanager
    async def live(app: Litestar) -> AsyncIterator[None]:
        async with realtime(database, failed=failed) as running, hearing_answers(database, app.state[LEG_ANSWERS]):
            app.state.realtime = running
            with watch(running, database):
                yield

    app = Litestar(
        route_handlers=[*ROUTES, health, described],
        middleware=[*people.MIDDLEWARE],
        dependencies={**people.DEPENDENCIES},
        exception_handlers={
            Problem: handle_problem,
            HTTPException: handle_http_exception,
            DBAPIError: handle_database_fault,
            NoConnectionFree: handle_database_fault,
            OSError: handle_database_fault,
            Exception: handle_failure,
        },
        lifespan=[live],
        openapi_config=OPENAPI,
        request_max_body_size=LARGEST_BODY,
        logging_config=None,
    )
    app.state.database = database
    app.state.settings = settings
    app.state[HINTS] = demo_hints() if settings.demo else []
    app.state[LEG_ANSWERS] = LegAnswers()
    app.state[ICE_SERVERS] = ice_servers(settings)
    return app


class WebServer(uvicorn.Server):
    """uvicorn, which tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start up, then tell."""
        await super().startup(sockets)
        if self.started:
            self.is_listening.set()
            say_ready()


def make_server(settings: Settings, database: Database) -> WebServer:
    """Return the server of the whole site; ``serve(sockets=[…])`` runs it until ``should_exit``."""

    def failed() -> None:
        server.should_exit = True

    app = make_app(settings, database, failed=failed)
    server = WebServer(
        uvicorn.Config(
            Door(app, WebApp(), settings),
            http="httptools",
            ws=SocketProtocol,
            loop="uvloop",
            lifespan="on",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies.strip()),
            forwarded_allow_ips=settings.trusted_proxies,
            ws_max_size=LARGEST_MESSAGE,
            ws_per_message_deflate=False,
            ws_ping_interval=PING_EVERY_SECONDS,
            ws_ping_timeout=PONG_WITHIN_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
        )
    )
    return server


def main() -> int:
    """Run the web process until it is told to stop; return its exit status."""
    configure_logging()
    try:
        settings = load_settings()
        ice_servers(settings)
    except SettingsError as fault:
        print(f"sideline web: {fault}", file=sys.stderr)
        return 1
    raise_file_limit()
    listener = listening_socket(settings.host, settings.port)
    metrics = Metrics(metrics_port(settings.metrics_port, this_process("web")))
    try:
        return uvloop_run(_serve(settings, listener))
    finally:
        metrics.close()


async def _serve(settings: Settings, listener: socket.socket) -> int:
    database = open_database(settings)
    try:
        server = make_server(settings, database)
        await server.serve(sockets=[listener])
        return 0 if server.started else 1
    finally:
        await database.aclose()


def uvloop_run(work: Any) -> int:
    """Run ``work`` on uvloop."""
    import uvloop

    return uvloop.run(work)
