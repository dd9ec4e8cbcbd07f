"""Everything of people that the application serves, and what it needs for every request."""

from collections.abc import Sequence

from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from sideline.people.sign_in import routes as sign_in
from sideline.people.sign_in.authentication import Authentication, provide_me

MIDDLEWARE = (Authentication(),)
"""Of the whole application: sets ``scope["user"]``."""

DEPENDENCIES = {"me": Provide(provide_me, sync_to_thread=False)}
"""Of the whole application: ``me``, the signed-in user."""

ROUTES: Sequence[ControllerRouterHandler] = (
    sign_in.sign_in,
    sign_in.sign_out,
    sign_in.sign_out_everywhere,
    sign_in.sign_in_hints,
)
