"""What a query returns and what the rule allows are the same, for every scope and place."""

import itertools

import pytest

from sideline.people.scoping import user_resource
from sideline.people.sign_in.who import actor_of
from sideline.rules.permissions import Permission, Scope, can
from tests.support.people import Api, make_role, make_team, make_user


@pytest.mark.promise("P2")
@pytest.mark.promise("P3")
async def test_the_list_and_each_single_answer_hold_exactly_whom_the_rule_allows(api: Api):
    top, beside = await make_team(api.database), await make_team(api.database)
    below = await make_team(api.database, below=top)
    people = [await make_user(api.database, team=team) for team in (top, below, beside, None)]
    permissions = (Permission.VIEW_USERS, Permission.MANAGE_USERS)
    for permission, scope, team, supervised in itertools.product(
        permissions, Scope, (None, top, beside), ((), (top,), (below,), (below, beside))
    ):
        role = await make_role(api.database, (permission, scope))
        me, client = await api.make_and_sign_in(role, team=team, supervises=supervised)
        async with api.database.reading() as connection:
            actor = await actor_of(connection, me.id)
        may = {
            person.id
            for person in [*people, me]
            if person.id == me.id or can(actor, permission, user_resource(person.id, person.team_id))
        }
        page = (await client.get("/api/users", params={"size": 200})).json()
        listed = {user["id"] for user in page["items"]} & {person.id for person in [*people, me]}
        assert listed == may, (permission, scope, team, supervised)
        for person in people:
            answer = await client.get(f"/api/users/{person.id}")
            assert (answer.status_code == 200) == (person.id in may)
