"""What the engagements slice takes and answers on the wire."""

from datetime import datetime
from typing import Annotated

import msgspec

from sideline.interactions.schemas import Named
from sideline.kit.abilities import Abilities
from sideline.rules.audibility import Mode, Purpose

Reason = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\x00]*$")]
"""Why somebody supervises, in their own words."""


class EngagementSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An engagement as its events carry it; the same for everyone who may see it.

    ``mode`` is what is wanted; ``segment_started_at`` says since when it has
    been heard so, and is None until the voice engine has confirmed it.
    """

    id: str
    interaction_id: str
    interaction_number: int
    supervisor: Named
    agent: Named | None
    """Whom it is about; for the customer's side, the agent who has the call."""
    team_id: str | None
    """That agent's team: whose supervisors see the engagement."""
    target_participant_id: str
    target_purpose: Purpose
    mode: Mode
    state: str
    """connecting, active, lost or ended."""
    requested_at: datetime
    started_at: datetime | None
    segment_started_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    end_text: str
    """The end reason as a sentence for the supervisor; empty while it lasts."""
    ended_by: Named | None
    is_muted: bool
    phone_kind: str
    """browser, sip or number: the supervisor's phone for all of this engagement."""
    phone_auto_answer: bool
    phone_state: str
    """ringing or up, of a phone that is rung; empty for a browser."""
    version: int
    agent_user_ids: tuple[str, ...] = ()
    """Every user who is, was or is rung as an agent on the interaction: this is not told to them."""


class EngagementOut(EngagementSummary, frozen=True, kw_only=True):
    """An engagement with what the asking person may do with it now.

    ``abilities`` has ``monitor``, ``coach``, ``barge``, ``barge_kick``
    (switches), ``mute``, ``stop`` for its supervisor, ``disconnect`` for others.
    """

    abilities: Abilities = {}
    phone_address: str = ""
    """What is rung, for its supervisor alone: a number is often a private one. Empty for a browser."""


def engagement_out(
    summary: EngagementSummary, abilities: Abilities | None = None, phone_address: str = ""
) -> EngagementOut:
    """Return the engagement with what the asking person may do with it; ``phone_address`` if it is their own."""
    return EngagementOut(**msgspec.structs.asdict(summary), abilities=abilities or {}, phone_address=phone_address)


class StartEngagement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Listen to, coach, or join a participant of a live interaction."""

    interaction_id: str
    target_participant_id: str
    mode: Mode
    reason: Reason = ""


class SwitchEngagement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Go on in another mode or, on the same interaction, towards another participant."""

    mode: Mode
    target_participant_id: str | None = None


class MuteEngagement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Close or open the supervisor's microphone."""

    is_muted: bool
