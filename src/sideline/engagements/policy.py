"""The organisation's policies as the engagement rules take them."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.people.policies import Policies, read_policies
from sideline.rules.engagement import EngagementPolicy
from sideline.rules.presence import Presence


def engagement_policy(policies: Policies) -> EngagementPolicy:
    """Return what the organisation decided about supervising."""
    return EngagementPolicy(
        observe_first=policies.observe_first,
        allowed_presences=frozenset(Presence(each) for each in policies.supervise_presences),
        reason_required=policies.reason_required,
        agents_see_monitors=policies.tell_agent_of_monitor,
        barge_notice_to_customer=policies.barge_notice,
        monitor_follows_customer=policies.follow_on_transfer,
    )


async def read_engagement_policy(connection: AsyncConnection | AsyncSession) -> EngagementPolicy:
    """Return the policies in force, as the rules take them."""
    return engagement_policy(await read_policies(connection))
