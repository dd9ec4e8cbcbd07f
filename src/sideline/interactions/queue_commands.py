"""Managing queues and result codes."""

import re
from collections.abc import Collection

from msgspec import UNSET
from sqlalchemy import delete, insert, select

from sideline.interactions.bodies import QueueIn, QueuePatch, ResultCodeIn, ResultCodePatch
from sideline.interactions.events import QueueChanged
from sideline.interactions.models import QueueMemberRow, QueueRow, ResultCodeRow
from sideline.interactions.queue_queries import queue_resource, read_queue
from sideline.interactions.queue_schemas import QueueDetailOut, ResultCodeOut
from sideline.interactions.ring_facts import ring_facts
from sideline.interactions.wake import wake_worker
from sideline.kit.db import Tx
from sideline.kit.ids import is_id, new_id
from sideline.kit.problems import Invalid, NotFound, Problem, Refused
from sideline.people.identity import SignedIn
from sideline.people.models import TeamRow
from sideline.people.unique import deleted_unless_used, saved_uniquely
from sideline.rules.permissions import Permission, can
from sideline.rules.refusals import Refusal, RefusalCode

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

_PBX_QUEUE = re.compile(r"[A-Za-z0-9*#+][A-Za-z0-9*#+_.-]*")
"""What a dialplan takes as an extension, and no more: what is stored here is dialled."""

_TAKEN = {
    "uq_queues_name": ("name", "Another queue has this name; choose another."),
    "uq_queues_slug": ("slug", "Another queue has this address; choose another."),
    "uq_queues_pbx_queue": ("pbx_queue", "Another queue has this name in the telephone system already."),
}

_CODE_TAKEN = {"uq_result_codes_code": ("code", "Another result code has this code; choose another.")}

_FIELDS = ("name", "slug", "team_id", "pbx_queue", "is_open", "offer_seconds", "wrap_up_seconds")


async def create_queue(tx: Tx, me: SignedIn, asked: QueueIn) -> QueueDetailOut:
    """Make a queue. Raises Refused, Invalid for fields that can't be."""
    me.require_at_all(Permission.MANAGE_QUEUES)
    _require_team(me, asked.team_id)
    row = QueueRow(
        id=new_id(),
        name=asked.name.strip(),
        slug=asked.slug,
        team_id=asked.team_id,
        pbx_queue=asked.pbx_queue.strip(),
        is_open=asked.is_open,
        offer_seconds=asked.offer_seconds,
        wrap_up_seconds=asked.wrap_up_seconds,
        version=1,
    )
    await _check(tx, row, asked.member_ids)
    async with saved_uniquely(tx, _TAKEN):
        tx.session.add(row)
    await _set_members(tx, row.id, asked.member_ids)
    _tell(tx, row)
    return await read_queue(tx.session, me, row.id)


async def change_queue(tx: Tx, me: SignedIn, queue_id: str, asked: QueuePatch) -> QueueDetailOut:
    """Change what is given of a queue. Raises NotFound, Refused, Invalid, Problem 409 ``changed_meanwhile``."""
    row = await _load(tx, me, queue_id)
    if asked.version != row.version:
        raise Problem(
            409,
            "changed_meanwhile",
            "Somebody else changed this queue meanwhile, so nothing of yours was saved. Load it again, then save.",
            params={"version": str(row.version)},
        )
    members = await _members(tx, queue_id)
    sent = {name: value for name in _FIELDS if (value := getattr(asked, name)) is not UNSET}
    sent |= {name: value.strip() for name in ("name", "pbx_queue") if isinstance(value := sent.get(name), str)}
    changed = {name: value for name, value in sent.items() if getattr(row, name) != value}
    if "team_id" in changed:
        _require_team(me, asked.team_id if isinstance(asked.team_id, str) else None)
    for name, value in changed.items():
        setattr(row, name, value)
    new_members = members if asked.member_ids is UNSET else set(asked.member_ids)
    await _check(tx, row, new_members - members)
    if not changed and new_members == members:
        return await read_queue(tx.session, me, row.id)
    row.version += 1
    async with saved_uniquely(tx, _TAKEN):
        pass
    if new_members != members:
        await _set_members(tx, row.id, new_members)
    _tell(tx, row)
    return await read_queue(tx.session, me, row.id)


async def delete_queue(tx: Tx, me: SignedIn, queue_id: str) -> None:
    """Delete a queue that never had an interaction. Raises NotFound, Refused, Problem 409 ``queue_in_use``."""
    row = await _load(tx, me, queue_id)
    in_use = Problem(
        409, "queue_in_use", f"{row.name} has interactions, so it stays for their history; close it instead."
    )
    async with deleted_unless_used(tx, in_use):
        await tx.session.delete(row)
    tx.record(QueueChanged(queue_id=queue_id))


async def create_result_code(tx: Tx, me: SignedIn, asked: ResultCodeIn) -> ResultCodeOut:
    """Make a result code. Raises Refused, Invalid."""
    me.require_at_all(Permission.MANAGE_QUEUES)
    row = ResultCodeRow(id=new_id(), code=asked.code.strip(), label=asked.label.strip(), is_active=True)
    return await _save_code(tx, row)


async def change_result_code(tx: Tx, me: SignedIn, code_id: str, asked: ResultCodePatch) -> ResultCodeOut:
    """Change a result code, or retire it. Raises Refused, NotFound, Invalid."""
    row = await _load_code(tx, me, code_id)
    for name in ("code", "label", "is_active"):
        value = getattr(asked, name)
        if value is not UNSET:
            setattr(row, name, value.strip() if isinstance(value, str) else value)
    return await _save_code(tx, row)


async def delete_result_code(tx: Tx, me: SignedIn, code_id: str) -> None:
    """Delete a result code that no interaction has. Raises Refused, NotFound, Problem 409 ``result_code_in_use``."""
    row = await _load_code(tx, me, code_id)
    in_use = Problem(
        409, "result_code_in_use", f"Interactions have “{row.label}”, so it stays; make it inactive instead."
    )
    async with deleted_unless_used(tx, in_use):
        await tx.session.delete(row)


def _require_team(me: SignedIn, team_id: str | None) -> None:
    """Raise Refused unless I may manage queues of this team, or of none."""
    if not can(me.actor, Permission.MANAGE_QUEUES, queue_resource(team_id)):
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": Permission.MANAGE_QUEUES}))


async def _load(tx: Tx, me: SignedIn, queue_id: str) -> QueueRow:
    row = await tx.session.get(QueueRow, queue_id, with_for_update=True) if is_id(queue_id) else None
    if row is None:
        raise NotFound("queue")
    me.require(Permission.MANAGE_QUEUES, queue_resource(row.team_id), sees=Permission.VIEW_QUEUES, what="queue")
    return row


async def _load_code(tx: Tx, me: SignedIn, code_id: str) -> ResultCodeRow:
    me.require_at_all(Permission.MANAGE_QUEUES)
    row = await tx.session.get(ResultCodeRow, code_id, with_for_update=True) if is_id(code_id) else None
    if row is None:
        raise NotFound("result code")
    return row


async def _save_code(tx: Tx, row: ResultCodeRow) -> ResultCodeOut:
    faults = {name: f"Give it a {name}." for name in ("code", "label") if not getattr(row, name)}
    if faults:
        raise Invalid(faults)
    async with saved_uniquely(tx, _CODE_TAKEN):
        tx.session.add(row)
    return ResultCodeOut(id=row.id, code=row.code, label=row.label, is_active=row.is_active)


async def _check(tx: Tx, row: QueueRow, new_member_ids: Collection[str]) -> None:
    faults: dict[str, str] = {}
    if not row.name:
        faults["name"] = "Give it a name."
    if not _SLUG.fullmatch(row.slug):
        faults["slug"] = "An address has small letters, digits and hyphens, such as billing-help."
    if row.pbx_queue and not _PBX_QUEUE.fullmatch(row.pbx_queue):
        faults["pbx_queue"] = "A name in the telephone system has letters, digits, * # + and _ . - inside, such as 600."
    if row.team_id is not None and not (is_id(row.team_id) and await _is_team(tx, row.team_id)):
        faults["team_id"] = "There is no such team."
    if not all(map(is_id, new_member_ids)):
        faults["member_ids"] = "One of these is not a user."
    elif new_member_ids:
        facts = await ring_facts(tx.session, list(new_member_ids), tx.now)
        strangers = [id_ for id_ in new_member_ids if id_ not in facts]
        unfit = sorted(each.name for each in facts.values() if not each.takes_calls)
        if strangers:
            faults["member_ids"] = "One of these is not a user."
        elif unfit:
            faults["member_ids"] = f"The roles of {', '.join(unfit)} don't let them take calls."
    if faults:
        raise Invalid(faults)


async def _is_team(tx: Tx, team_id: str) -> bool:
    with tx.session.no_autoflush:
        return await tx.session.scalar(select(TeamRow.id).where(TeamRow.id == team_id)) is not None


async def _members(tx: Tx, queue_id: str) -> set[str]:
    return set(await tx.session.scalars(select(QueueMemberRow.user_id).where(QueueMemberRow.queue_id == queue_id)))


async def _set_members(tx: Tx, queue_id: str, user_ids: Collection[str]) -> None:
    await tx.session.execute(delete(QueueMemberRow).where(QueueMemberRow.queue_id == queue_id))
    rows = [{"queue_id": queue_id, "user_id": user_id} for user_id in sorted(set(user_ids))]
    if rows:
        await tx.session.execute(insert(QueueMemberRow), rows)


def _tell(tx: Tx, row: QueueRow) -> None:
    tx.record(QueueChanged(queue_id=row.id))
    wake_worker(tx)
