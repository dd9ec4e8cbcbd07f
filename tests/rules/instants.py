"""Every instant on the way from one set of routes to another."""

from collections.abc import Iterable

from sideline.rules.audibility import Route, Routes, change


def assert_no_instant_leaks(before: Routes, after: Routes, order: Iterable[Route]) -> None:
    """Walk from one to the other one route at a time, in this order of routes, and look at every instant."""
    order = list(order)
    step = change(before, after)
    in_force = set(before)
    for closed in [route for route in order if route in step.close]:
        in_force.remove(closed)
        assert in_force <= before
    assert in_force == before & after
    for opened in [route for route in order if route in step.open]:
        in_force.add(opened)
        assert in_force <= after
    assert in_force == after
