"""Phones as read, and which of them the voice engine of this installation reaches."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.abilities import Ability, AbilityRefusal, allowed
from sideline.kit.problems import NotFound, Refused
from sideline.people.identity import SignedIn
from sideline.people.models import PhoneRow, UserRow
from sideline.people.phone_schemas import PhoneKind, PhoneOut
from sideline.people.scoping import user_resource, visible_users
from sideline.rules.permissions import Permission, can
from sideline.rules.refusals import Refusal, RefusalCode

KINDS_OF_ENGINE = {"webrtc": frozenset({PhoneKind.BROWSER}), "asterisk": frozenset(PhoneKind)}
"""Which phones each voice engine reaches; an engine that isn't named reaches all. That no trunk leads to a number is
told when it is rung."""


async def phones_of(connection: AsyncConnection, me: SignedIn, user_id: str, voice: str) -> list[PhoneOut]:
    """Return the user's phones, the selected one first: one's own, or of a user whom one manages.

    Raises NotFound for a user one may not see, Refused for one whom one only sees.
    """
    users = select(UserRow.id, UserRow.team_id).where(UserRow.id == user_id, visible_users(me))
    user: Any = (await connection.execute(users)).one_or_none()
    if user is None:
        raise NotFound("user")
    if not may_change_phones(me, user.id, user.team_id):
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": Permission.MANAGE_USERS}))
    phones = select(PhoneRow).where(PhoneRow.user_id == user_id).order_by(PhoneRow.is_selected.desc(), PhoneRow.id)
    return [phone_out(row, voice, may_change=True) for row in (await connection.execute(phones)).all()]


def phone_out(phone: Any, voice: str, *, may_change: bool) -> PhoneOut:
    """Return a phone (its row, or the row's columns) as it is told; ``voice`` is the installation's engine."""
    kind = PhoneKind(phone.kind)
    abilities: dict[str, Ability] = {}
    if may_change:
        fault = kind_fault(kind, voice)
        abilities["change"] = allowed()
        if not phone.is_selected:
            abilities["select"] = Ability(False, fault) if fault else allowed()
        if kind != PhoneKind.BROWSER:
            abilities["delete"] = allowed()
    return PhoneOut(
        id=phone.id,
        kind=kind,
        label=phone.label,
        address=phone.address,
        auto_answer=phone.auto_answer,
        is_selected=phone.is_selected,
        abilities=abilities,
    )


def kinds_of(voice: str) -> frozenset[PhoneKind]:
    """Return the kinds of phone that the engine ``voice`` reaches."""
    return KINDS_OF_ENGINE.get(voice, frozenset(PhoneKind))


def kind_fault(kind: PhoneKind, voice: str) -> AbilityRefusal | None:
    """Return why a phone of this kind can't be used with the engine ``voice``."""
    if kind in kinds_of(voice):
        return None
    text = "Calls are made in the browser here; a desk phone or a number needs a telephone system behind Sideline."
    return AbilityRefusal("phone_kind_unsupported", text)


def may_change_phones(me: SignedIn, user_id: str, team_id: str | None) -> bool:
    """Return whether ``me`` may see and change a user's phones."""
    return user_id == me.user_id or can(me.actor, Permission.MANAGE_USERS, user_resource(user_id, team_id))
