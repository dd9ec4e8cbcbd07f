"""The web process: HTTP API, websocket and the web app on one port."""

from litestar import Litestar
from litestar.exceptions import HTTPException

from sideline.kit.db import Database
from sideline.kit.problems import Problem, handle_failure, handle_http_exception, handle_problem
from sideline.kit.settings import Settings
from sideline.people import routes as people


def make_app(settings: Settings, database: Database) -> Litestar:
    """Compose the slices' routes into the application."""
    app = Litestar(
        route_handlers=[*people.ROUTES],
        middleware=[*people.MIDDLEWARE],
        dependencies={**people.DEPENDENCIES},
        exception_handlers={
            Problem: handle_problem,
            HTTPException: handle_http_exception,
            Exception: handle_failure,
        },
    )
    app.state.database = database
    app.state.settings = settings
    return app
