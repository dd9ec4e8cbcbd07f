"""What a person may do: one resource and all of them agree, and nobody gives more than they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sideline.rules.permissions import (
    MEANINGS,
    Actor,
    Everything,
    Grant,
    Nothing,
    Permission,
    Resource,
    Scope,
    Teams,
    can,
    is_administrator,
    may_assign,
    may_grant,
    may_leave_administrators,
    scope_of,
    widest,
)
from sideline.rules.refusals import Refusal, RefusalCode
from sideline.rules.shipped_roles import SHIPPED_ROLES
from sideline.rules.teams import descendants, may_nest, would_make_cycle

P, ALL, OWN_TEAMS, OWN = Permission, Scope.ALL, Scope.OWN_TEAMS, Scope.OWN


def actor(*grants: Grant, teams: frozenset[str] = frozenset({"north"})) -> Actor:
    return Actor("sue", frozenset(grants), teams)


NORTH = Resource(frozenset({"north"}), "ana")
SOUTH = Resource(frozenset({"south"}), "ben")
BOTH = Resource(frozenset({"south", "north"}))
NOBODYS = Resource()
MINE_IN_SOUTH = Resource(frozenset({"south"}), "sue")


@pytest.mark.promise("P2")
@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        (ALL, [NORTH, SOUTH, BOTH, NOBODYS, MINE_IN_SOUTH]),
        (OWN_TEAMS, [NORTH, BOTH, MINE_IN_SOUTH]),
        (OWN, [MINE_IN_SOUTH]),
        (None, []),
    ],
)
def test_scope_decides_what_a_permission_reaches(scope: Scope | None, reached: list[Resource]) -> None:
    who = actor(Grant(P.COACH, scope)) if scope else actor(Grant(P.MONITOR, ALL))
    every = [NORTH, SOUTH, BOTH, NOBODYS, MINE_IN_SOUTH]
    assert [each for each in every if can(who, P.COACH, each)] == reached


def test_scope_of_says_what_a_query_needs() -> None:
    assert scope_of(actor(), P.COACH) == Nothing()
    assert scope_of(actor(Grant(P.COACH, ALL)), P.COACH) == Everything()
    assert scope_of(actor(Grant(P.COACH, OWN_TEAMS)), P.COACH) == Teams(frozenset({"north"}), "sue")
    assert scope_of(actor(Grant(P.COACH, OWN)), P.COACH) == Teams(frozenset(), "sue")


def test_widest_of_several_grants_counts() -> None:
    several = [Grant(P.COACH, OWN), Grant(P.COACH, ALL), Grant(P.COACH, OWN_TEAMS), Grant(P.BARGE, OWN)]
    assert widest(several, P.COACH) == ALL
    assert widest(several, P.BARGE) == OWN
    assert widest([Grant(P.COACH, OWN), Grant(P.COACH, OWN_TEAMS)], P.COACH) == OWN_TEAMS
    assert widest(several, P.MONITOR) is None


@pytest.mark.parametrize("permission", Permission)
def test_permissions_are_separate(permission: Permission) -> None:
    who = actor(Grant(permission, ALL))
    assert [each for each in Permission if can(who, each, NORTH)] == [permission]


def test_resource_without_an_owner_is_nobodys_own() -> None:
    assert not can(actor(Grant(P.VIEW_INTERACTIONS, OWN)), P.VIEW_INTERACTIONS, Resource(frozenset({"north"})))


permissions = st.sampled_from([P.COACH, P.MONITOR, P.MANAGE_USERS, P.MANAGE_ROLES])
grants = st.frozensets(st.builds(Grant, permissions, st.sampled_from(Scope)), max_size=5)
team_ids = st.frozensets(st.sampled_from(["north", "south", "east"]))
actors = st.builds(Actor, st.sampled_from(["sue", "tom"]), grants, team_ids)
resources = st.builds(Resource, team_ids, st.sampled_from(["sue", "tom", None]))


def expected_can(who: Actor, permission: Permission, resource: Resource) -> bool:
    """Grant by grant, without a notion of a widest one."""
    is_own = resource.owner_id == who.user_id
    is_of_own_team = any(team in who.own_team_ids for team in resource.team_ids)
    reached = {ALL: True, OWN_TEAMS: is_of_own_team or is_own, OWN: is_own}
    return any(reached[grant.scope] for grant in who.grants if grant.permission == permission)


def in_reach(reach: Everything | Teams | Nothing, resource: Resource) -> bool:
    """Membership as a WHERE made of the scope's data would have it."""
    match reach:
        case Everything():
            return True
        case Nothing():
            return False
        case Teams(teams, owner):
            return not teams.isdisjoint(resource.team_ids) or resource.owner_id == owner


@given(actors, permissions, resources)
@pytest.mark.promise("P2")
def test_can_is_membership_in_scope_of_and_what_the_grants_say(who, permission, resource) -> None:
    answer = can(who, permission, resource)
    assert answer == in_reach(scope_of(who, permission), resource)
    assert answer == scope_of(who, permission).includes(resource)
    assert answer == expected_can(who, permission, resource)


@given(actors, grants, permissions, resources)
def test_granted_role_lets_nobody_reach_what_the_giver_cannot(giver, given_grants, permission, resource) -> None:
    receiver = Actor("receiver", given_grants, giver.own_team_ids)
    owned = resource.owner_id in (giver.user_id, receiver.user_id)
    if may_grant(giver, given_grants) is None and not owned:
        assert not can(receiver, permission, resource) or can(giver, permission, resource)


@given(actors, grants, team_ids, permissions, resources)
def test_assigned_role_lets_nobody_reach_what_the_giver_cannot(giver, held, teams, permission, resource) -> None:
    receiver = Actor("receiver", held, teams)
    owned = resource.owner_id == giver.user_id
    if may_assign(giver, held, teams) is None and not owned:
        assert not can(receiver, permission, resource) or can(giver, permission, resource)


def test_nobody_grants_more_than_they_hold() -> None:
    giver = actor(Grant(P.MONITOR, ALL), Grant(P.COACH, OWN_TEAMS), Grant(P.TAKE_CALLS, OWN))
    for fine in (Grant(P.MONITOR, ALL), Grant(P.MONITOR, OWN), Grant(P.COACH, OWN_TEAMS), Grant(P.TAKE_CALLS, OWN)):
        assert may_grant(giver, [fine]) is None
    for permission, scope in ((P.COACH, ALL), (P.TAKE_CALLS, OWN_TEAMS), (P.BARGE, OWN)):
        refusal = may_grant(giver, [Grant(P.MONITOR, OWN), Grant(permission, scope)])
        assert refusal == Refusal(
            RefusalCode.CANNOT_GRANT_MORE_THAN_HELD, {"permission": permission.value, "scope": scope.value}
        )
    assert may_grant(giver, []) is None


def test_refused_grant_is_the_same_one_each_time() -> None:
    refusal = may_grant(actor(), [Grant(P.MONITOR, ALL), Grant(P.BARGE, OWN), Grant(P.BARGE, ALL)])
    assert refusal is not None
    assert refusal.params == {"permission": "barge", "scope": "all"}


def test_own_teams_in_other_hands_are_other_teams() -> None:
    giver = actor(Grant(P.COACH, OWN_TEAMS), Grant(P.MONITOR, ALL))
    assert may_assign(giver, [Grant(P.COACH, OWN_TEAMS)], frozenset({"north"})) is None
    assert may_assign(giver, [Grant(P.COACH, OWN_TEAMS)], frozenset()) is None
    assert may_assign(giver, [Grant(P.MONITOR, OWN_TEAMS)], frozenset({"south"})) is None
    assert may_assign(giver, [Grant(P.COACH, OWN)], frozenset({"south"})) is None
    assert may_assign(giver, [Grant(P.COACH, OWN_TEAMS)], frozenset({"north", "south"})) == Refusal(
        RefusalCode.CANNOT_GRANT_MORE_THAN_HELD, {"permission": "coach", "scope": "own_teams"}
    )
    assert may_assign(giver, [Grant(P.BARGE, OWN)], frozenset({"north"})) is not None
    refusal = may_assign(
        actor(Grant(P.COACH, OWN_TEAMS), Grant(P.BARGE, OWN_TEAMS)),
        [Grant(P.COACH, OWN_TEAMS), Grant(P.BARGE, OWN_TEAMS), Grant(P.BARGE, OWN)],
        frozenset({"south"}),
    )
    assert refusal is not None
    assert refusal.params["permission"] == "barge"


FULL = [Grant(P.MANAGE_USERS, ALL), Grant(P.MANAGE_ROLES, ALL)]


@pytest.mark.parametrize(
    ("held", "is_one"),
    [
        (FULL, True),
        (FULL[:1], False),
        (FULL[1:], False),
        ([Grant(P.MANAGE_USERS, OWN_TEAMS), Grant(P.MANAGE_ROLES, ALL)], False),
        ([], False),
    ],
)
def test_administrator_is_who_manages_all_users_and_all_roles(held: list[Grant], is_one: bool) -> None:
    assert is_administrator(held) is is_one


def test_last_administrator_cannot_be_lost() -> None:
    assert may_leave_administrators([FULL, []]) is None
    assert may_leave_administrators([[], FULL[:1], FULL]) is None
    assert may_leave_administrators([FULL[:1], FULL[1:]]) == Refusal(RefusalCode.LAST_ADMINISTRATOR)
    assert may_leave_administrators([]) == Refusal(RefusalCode.LAST_ADMINISTRATOR)


# Shipped role: its permissions by scope. A second copy on purpose: a change of what ships is seen here.
SHIPPED = {
    "administrator": {"all": set(Permission)},
    "quality_manager": {
        "all": {
            "monitor",
            "coach",
            "disconnect_others",
            "view_interactions",
            "view_engagements",
            "view_engagement_history",
            "view_directory",
            "view_users",
            "view_queues",
            "create_suggestions",
            "view_suggestions",
        }
    },
    "supervisor": {
        "all": {"view_directory"},
        "own_teams": {
            "monitor",
            "coach",
            "barge",
            "barge_kick",
            "disconnect_others",
            "view_interactions",
            "view_engagements",
            "view_engagement_history",
            "view_users",
            "view_queues",
            "create_suggestions",
            "view_suggestions",
        },
        "own": {"take_calls"},
    },
    "auditor": {
        "all": {
            "see_audit",
            "view_interactions",
            "view_engagements",
            "view_engagement_history",
            "view_directory",
            "view_users",
        }
    },
    "agent": {"all": {"view_directory"}, "own": {"take_calls", "view_interactions"}},
}


@pytest.mark.promise("P1")
@pytest.mark.parametrize("key", SHIPPED)
def test_shipped_role_holds_what_it_holds(key: str) -> None:
    by_scope: dict[str, set[str]] = {}
    for grant in SHIPPED_ROLES[key].grants:
        by_scope.setdefault(grant.scope.value, set()).add(grant.permission.value)
    assert by_scope == SHIPPED[key]


def test_shipped_roles_are_these_five_and_say_why_they_hold_each_grant() -> None:
    assert list(SHIPPED_ROLES) == list(SHIPPED)
    for key, role in SHIPPED_ROLES.items():
        assert role.why.endswith(".")
        assert role.name == key.replace("_", " ").capitalize()
        assert all(each.why.endswith(".") for each in role.reasoned)
        assert len({each.grant.permission for each in role.reasoned}) == len(role.reasoned)


def test_only_the_administrator_of_the_shipped_roles_is_one_and_can_give_every_role() -> None:
    assert [key for key, role in SHIPPED_ROLES.items() if is_administrator(role.grants)] == ["administrator"]
    for giver_key, giver in SHIPPED_ROLES.items():
        for given_key, role in SHIPPED_ROLES.items():
            gives = may_grant(Actor("giver", giver.grants), role.grants) is None
            assert gives == (giver_key in ("administrator", given_key) or (giver_key, given_key) in LESSER)


LESSER = {("supervisor", "agent")}
"""Shipped roles, besides the administrator's, that hold all of another one's grants."""


def test_every_permission_has_a_meaning_for_the_screen() -> None:
    assert set(MEANINGS) == set(Permission)


TREE = {"root": None, "north": "root", "north-1": "north", "north-2": "north", "south": "root", "alone": None}


@pytest.mark.parametrize(
    ("roots", "below"),
    [
        ([], set()),
        (["root"], {"root", "north", "north-1", "north-2", "south"}),
        (["north"], {"north", "north-1", "north-2"}),
        (["north-1", "alone"], {"north-1", "alone"}),
        (["deleted"], set()),
    ],
)
def test_descendants_are_the_roots_and_everything_below(roots: list[str], below: set[str]) -> None:
    assert descendants(TREE, roots) == below


def test_descendants_survive_a_cycle() -> None:
    cycle = {"a": "c", "b": "a", "c": "b", "d": "c", "self": "self"}
    assert descendants(cycle, ["a"]) == {"a", "b", "c", "d"}
    assert descendants(cycle, ["self"]) == {"self"}


@pytest.mark.parametrize(
    ("team", "parent", "cycle"),
    [
        ("north", "north-1", True),
        ("root", "north-2", True),
        ("north", "north", True),
        ("new", "new", True),
        ("north", "south", False),
        ("north", None, False),
        ("new", "north", False),
        ("alone", "root", False),
    ],
)
def test_team_is_not_nested_in_itself(team: str, parent: str | None, cycle: bool) -> None:
    assert would_make_cycle(TREE, team, parent) is cycle
    assert may_nest(TREE, team, parent) == (Refusal(RefusalCode.TEAM_CYCLE) if cycle else None)


@given(st.dictionaries(st.sampled_from("abcdef"), st.none() | st.sampled_from("abcdef")), st.sampled_from("abcdef"))
def test_accepted_nesting_keeps_every_walk_to_the_top_finite(moves: dict[str, str | None], last: str) -> None:
    parents: dict[str, str | None] = dict.fromkeys("abcdef")
    for team, parent in moves.items():
        if may_nest(parents, team, parent) is None:
            parents[team] = parent
    for team in parents:
        seen = []
        at: str | None = team
        while at is not None:
            assert at not in seen
            seen.append(at)
            at = parents[at]
        assert team in descendants(parents, seen)
        assert (last in seen) == (team in descendants(parents, [last]))
