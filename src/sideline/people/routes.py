"""Everything of people that the application serves, and what it needs for every request."""

from collections.abc import Sequence

from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from sideline.people import (
    api_key_routes,
    group_routes,
    me_routes,
    phone_routes,
    policy_routes,
    presence_routes,
    role_routes,
    team_routes,
    user_routes,
)
from sideline.people.sign_in import routes as sign_in_routes
from sideline.people.sign_in.authentication import Authentication, provide_me

MIDDLEWARE = (Authentication(),)
"""Of the whole application: sets ``scope["user"]``."""

DEPENDENCIES = {"me": Provide(provide_me, sync_to_thread=False)}
"""Of the whole application: ``me``, the signed-in user."""

ROUTES: Sequence[ControllerRouterHandler] = (
    *sign_in_routes.HANDLERS,
    *me_routes.HANDLERS,
    *presence_routes.HANDLERS,
    *user_routes.HANDLERS,
    *phone_routes.HANDLERS,
    *team_routes.HANDLERS,
    *group_routes.HANDLERS,
    *role_routes.HANDLERS,
    *policy_routes.HANDLERS,
    *api_key_routes.HANDLERS,
)
