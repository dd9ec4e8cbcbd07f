"""Change a policy."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from sideline.kit.db import Tx
from sideline.kit.problems import Invalid, NotFound, Refused
from sideline.people.events import PolicyChanged
from sideline.people.identity import SignedIn
from sideline.people.models import PolicyRow
from sideline.people.policies import Policies, read_policies
from sideline.people.policy_kinds import KINDS, policy_out, value_fault, values_of
from sideline.people.policy_schemas import PolicyOut
from sideline.rules.permissions import Permission, Resource, can
from sideline.rules.refusals import Refusal, RefusalCode


def require_policies(me: SignedIn) -> None:
    """Raise Refused unless ``me`` may see and change policies: they are of the whole organisation."""
    if not can(me.actor, Permission.MANAGE_POLICIES, Resource()):
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": Permission.MANAGE_POLICIES}))


def policies_out(policies: Policies) -> list[PolicyOut]:
    """Return every policy with its value and effect."""
    values = values_of(policies)
    return [policy_out(key, values[key]) for key in KINDS]


async def change_policy(tx: Tx, me: SignedIn, key: str, value: Any) -> PolicyOut:
    """Give the policy another value, in force from the commit on. Raises NotFound, Refused, Invalid."""
    require_policies(me)
    if key not in KINDS:
        raise NotFound("policy")
    if fault := value_fault(key, value):
        raise Invalid({"value": fault})
    before = values_of(await read_policies(tx.session))[key]
    if value != before:
        values = {"value": value, "changed_at": tx.now, "changed_by_id": me.user_id}
        await tx.session.execute(
            insert(PolicyRow).values(key=key, **values).on_conflict_do_update(index_elements=["key"], set_=values)
        )
        tx.record(PolicyChanged(key=key))
    return policy_out(key, value)
