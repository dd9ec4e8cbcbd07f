"""Phones: a browser phone that stays, desk phones and numbers beside it, one of them selected."""

import re

from msgspec import UNSET
from sqlalchemy import select

from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.kit.problems import NotFound, Problem, Refused
from sideline.kit.sip_addresses import user_part
from sideline.people.events import PhonesChanged
from sideline.people.fields import refuse_faults
from sideline.people.identity import SignedIn
from sideline.people.models import PhoneRow, UserRow
from sideline.people.phone_queries import kind_fault, may_change_phones, phone_out
from sideline.people.phone_schemas import NewPhone, PhoneChange, PhoneKind, PhoneOut
from sideline.people.scoping import visible_users
from sideline.people.sip_phones import is_anothers, wake_phones
from sideline.people.user_queries import locked_user
from sideline.rules.permissions import Permission
from sideline.rules.refusals import Refusal, RefusalCode

LONGEST_LABEL = 60
LONGEST_ADDRESS = 200
MOST_PHONES = 20

_SIP = re.compile(r"(sips?:)?[A-Za-z0-9._+-]+@[^\s@;<>/&,]+", re.IGNORECASE)
"""The user part is an extension's name: a telephone system dials it, so nothing that dialling gives a meaning to."""
_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_SEPARATORS = re.compile(r"[\s()./-]")


async def add_phone(tx: Tx, me: SignedIn, user_id: str, wanted: NewPhone, voice: str, trunk: str = "") -> PhoneOut:
    """Add a desk phone or a number, but the PBX's ``trunk``. Raises NotFound, Refused, Invalid, Problem 409."""
    await _changeable_user(tx, me, user_id)
    if len(await _phones(tx, user_id)) >= MOST_PHONES:
        raise Problem(409, "too_many_phones", f"A user has at most {MOST_PHONES} phones; delete one first.")
    address = _tidy(wanted.kind, wanted.address)
    is_browser = wanted.kind == PhoneKind.BROWSER
    refuse_faults(
        {
            "kind": "Every user has a browser phone already." if is_browser else None,
            "address": None if is_browser else await _fault_of(tx, user_id, wanted.kind, address, trunk),
            "label": _label_fault(wanted.label.strip()),
        }
    )
    phone = PhoneRow(
        id=new_id(),
        user_id=user_id,
        kind=wanted.kind,
        label=wanted.label.strip(),
        address=address,
        auto_answer=wanted.auto_answer,
        is_selected=False,
    )
    tx.session.add(phone)
    _tell(tx, user_id)
    return phone_out(phone, voice, may_change=True)


async def change_phone(
    tx: Tx, me: SignedIn, phone_id: str, change: PhoneChange, voice: str, trunk: str = ""
) -> PhoneOut:
    """Change address (to none of the PBX's ``trunk``), label, auto-answer. Raises NotFound, Refused, Invalid."""
    user, phone = await _changeable_phone(tx, me, phone_id)
    kind = PhoneKind(phone.kind)
    label = phone.label if change.label is UNSET else change.label.strip()
    address = phone.address if change.address is UNSET else _tidy(kind, change.address)
    is_browser = kind == PhoneKind.BROWSER
    refuse_faults(
        {
            "address": (
                ("A browser phone has no address." if address else None)
                if is_browser
                else await _fault_of(tx, user.id, kind, address, trunk)
            ),
            "label": _label_fault(label),
        }
    )
    phone.label, phone.address = label, address
    if change.auto_answer is not UNSET:
        phone.auto_answer = change.auto_answer
    _tell(tx, user.id)
    return phone_out(phone, voice, may_change=True)


async def select_phone(tx: Tx, me: SignedIn, phone_id: str, voice: str) -> PhoneOut:
    """Make this the one phone that is used from the next call on. Raises NotFound, Refused, Problem 409."""
    user, phone = await _changeable_phone(tx, me, phone_id)
    if fault := kind_fault(PhoneKind(phone.kind), voice):
        raise Problem(409, fault.code, fault.text)
    await _select(tx, user.id, phone)
    return phone_out(phone, voice, may_change=True)


async def delete_phone(tx: Tx, me: SignedIn, phone_id: str) -> None:
    """Delete a desk phone or number; if it was selected, the browser is. Raises NotFound, Refused, Problem 409."""
    user, phone = await _changeable_phone(tx, me, phone_id)
    if phone.kind == PhoneKind.BROWSER:
        raise Problem(409, "browser_phone", "The browser phone stays; select another one if you don't want to use it.")
    if phone.is_selected:
        browser = next(each for each in await _phones(tx, user.id) if each.kind == PhoneKind.BROWSER)
        await _select(tx, user.id, browser)
    await tx.session.delete(phone)
    _tell(tx, user.id)


async def _select(tx: Tx, user_id: str, phone: PhoneRow) -> None:
    for each in await _phones(tx, user_id):
        each.is_selected = False
    await tx.session.flush()
    phone.is_selected = True
    await tx.session.flush()
    _tell(tx, user_id)


def _tell(tx: Tx, user_id: str) -> None:
    tx.record(PhonesChanged(user_id=user_id))
    wake_phones(tx)


async def _changeable_user(tx: Tx, me: SignedIn, user_id: str) -> UserRow:
    """Return the user whose phones are meant, locked: whoever changes phones of one user waits their turn."""
    user = await locked_user(tx, me, user_id)
    if not may_change_phones(me, user.id, user.team_id):
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": Permission.MANAGE_USERS}))
    return user


async def _changeable_phone(tx: Tx, me: SignedIn, phone_id: str) -> tuple[UserRow, PhoneRow]:
    user_id = await tx.session.scalar(
        select(PhoneRow.user_id)
        .join(UserRow, UserRow.id == PhoneRow.user_id)
        .where(PhoneRow.id == phone_id, visible_users(me))
    )
    if user_id is None:
        raise NotFound("phone")
    user = await _changeable_user(tx, me, user_id)
    phone = next((each for each in await _phones(tx, user_id) if each.id == phone_id), None)
    if phone is None:
        raise NotFound("phone")
    return user, phone


async def _phones(tx: Tx, user_id: str) -> list[PhoneRow]:
    return list((await tx.session.execute(select(PhoneRow).where(PhoneRow.user_id == user_id))).scalars())


def _tidy(kind: PhoneKind, address: str) -> str:
    return _SEPARATORS.sub("", address) if kind == PhoneKind.NUMBER else address.strip()


async def _fault_of(tx: Tx, user_id: str, kind: PhoneKind, address: str, trunk: str) -> str | None:
    """Return what is wrong with an address as this user's phone."""
    fault = _address_fault(kind, address)
    if fault is not None or kind != PhoneKind.SIP:
        return fault
    if user_part(address).lower() == trunk != "":
        # No line that comes by it would be a customer's any more.
        return f"Calls from outside come by {trunk}, so it can't be anybody's own phone: give the address of your own."
    if await is_anothers(tx, user_id, address):
        # Their calls would be taken for this user's.
        return "Somebody else has this desk phone already: give the address of your own, or ask an administrator."
    return None


def _address_fault(kind: PhoneKind, address: str) -> str | None:
    if kind == PhoneKind.SIP and (len(address) > LONGEST_ADDRESS or not _SIP.fullmatch(address)):
        return "This is not a SIP address: it looks like sip:ana@pbx.example.com."
    if kind == PhoneKind.NUMBER and not _NUMBER.fullmatch(address):
        return "This is not a telephone number: it looks like +351 210 000 000."
    return None


def _label_fault(label: str) -> str | None:
    if len(label) > LONGEST_LABEL or not (label.isprintable() or not label):
        return f"A label is one line of at most {LONGEST_LABEL} characters."
    return None
