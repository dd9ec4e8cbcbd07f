"""Everything of interactions that the application serves."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from sideline.interactions import call_routes, customer_routes, leg_routes, queue_routes

ROUTES: Sequence[ControllerRouterHandler] = (
    *call_routes.ROUTES,
    *customer_routes.ROUTES,
    *leg_routes.ROUTES,
    *queue_routes.ROUTES,
)
