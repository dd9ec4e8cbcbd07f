"""The whole of Sideline beside a real Asterisk: people with desk phones, and calls that come in there."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import update

from sideline.interactions.models import QueueRow
from sideline.kit.ids import new_id
from sideline.people.models import PhoneRow
from sideline.rules.audibility import World
from tests.support.asterisk_lab import AsteriskLab
from tests.support.people import make_user
from tests.support.server import browser, open_socket, sign_in_row
from tests.support.sip_phones import SipPhone
from tests.support.sound import FAINT
from tests.support.sound_stage import Act, Scene, Stalls, complaints
from tests.support.voice_stack import Person, Stack, running_stack, until

AGENT, COLLEAGUE, SARA, TOM, OUTSIDE = "1001", "1002", "1003", "1004", "+4930111"
WITNESSES = ("1091", "1092")
"""Phones that are no user's."""
DESKS = (AGENT, COLLEAGUE, SARA, TOM, *WITNESSES)


class Ears:
    """What the judge of recordings needs to know of this stage."""

    settle = 0.6
    """A request, a commit, a wake-up, four requests of Asterisk's, and its frames, on a busy machine."""
    clarity = 0.9
    faint = FAINT

    def __init__(self) -> None:
        self.stalls = Stalls()

    def is_cut(self, world: World, speaker: str, listener: str) -> bool:
        return False

    async def dwell(self) -> None:
        await self.stalls.calm(2 * self.settle + 0.3)


class Play:
    """Acts of one call, judged together when all have been played."""

    def __init__(self, **phones: Any) -> None:
        self.ears = Ears()
        self.phones = phones
        self.acts: list[Act] = []

    async def act(self, world: World, start: float | None = None) -> None:
        """Let the world last, which has just been confirmed; ``start`` is when what leads to it began."""
        confirmed = time.monotonic()
        await self.ears.dwell()
        self.acts.append(Act(world, confirmed if start is None else start, time.monotonic(), confirmed))

    def judge(self) -> None:
        """Fail with what is wrong in the recordings."""
        self.ears.stalls.stop()
        found = complaints(self.ears, Scene(self.acts, self.phones))  # type: ignore[arg-type]
        assert not found, "\n".join(found[:20])


class PbxStack:
    """Sideline's processes and an Asterisk."""

    def __init__(self, stack: Stack, lab: AsteriskLab) -> None:
        self.stack = stack
        self.lab = lab

    async def desk_person(self, role: str, endpoint: str, *, auto_answer: bool = True, presence: str = "") -> Person:
        """Make someone of the team, signed in, whose selected phone is a desk phone."""
        presence = presence or ("on_queue" if role == "agent" else "available")
        user = await make_user(self.stack.database, role, team=self.stack.team, presence=presence)
        async with self.stack.database.transaction() as tx:
            await tx.session.execute(update(PhoneRow).where(PhoneRow.user_id == user.id).values(is_selected=False))
            tx.session.add(
                PhoneRow(
                    id=new_id(),
                    user_id=user.id,
                    kind="sip",
                    address=f"sip:{endpoint}@127.0.0.1",
                    auto_answer=auto_answer,
                    is_selected=True,
                )
            )
            tx.wake("phones")
        opened = await sign_in_row(self.stack.database, user.id)
        person = Person(user.id, user.name, browser(self.stack.site, opened), None)
        self.stack.adopt(person)
        socket = await open_socket(self.stack.port, opened)
        await socket.next("hello")
        await socket.subscribe(f"user:{user.id}")
        await person.follow(socket)
        return person

    async def call(self, who: Person, is_it: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """Return the newest live interaction that ``who`` sees, once there is one that is it."""
        found: dict[str, Any] = {}

        async def there() -> bool:
            rows = (await who.ask("GET", "/api/interactions?state=live"))["items"]
            for row in rows:
                detail = await who.ask("GET", f"/api/interactions/{row['id']}")
                if is_it(detail):
                    found.update(detail)
                    return True
            return False

        await until(there)
        return found

    async def name_queue(self, name: str) -> None:
        """Let the team's queue be the PBX's of this name."""
        async with self.stack.database.transaction() as tx:
            await tx.session.execute(update(QueueRow).where(QueueRow.id == self.stack.queue_id).values(pbx_queue=name))

    async def talk(self, customer: SipPhone, agent: SipPhone, to: str = AGENT) -> None:
        """Let the customer call, and return once both are heard."""
        await customer.dial(to)
        await agent.established()
        await customer.established()
        await agent.sound()
        await customer.sound()


@asynccontextmanager
async def running_pbx_stack(
    database_url: str,
    var: Path,
    root: Path,
    *,
    voices: int = 1,
    dialplan: str = "",
    outside: tuple[str, ...] = (OUTSIDE,),
    has_lines: bool = True,
    has_ami: bool = False,
) -> AsyncIterator[PbxStack]:
    """Run both until the block ends."""
    async with (
        AsteriskLab(
            root, phones=DESKS, outside=outside, dialplan=dialplan, has_lines=has_lines, has_ami=has_ami
        ) as lab,
        sideline_beside(lab, database_url, var, voices=voices) as pbx,
    ):
        yield pbx


@asynccontextmanager
async def sideline_beside(
    lab: AsteriskLab,
    database_url: str,
    var: Path,
    *,
    voices: int = 1,
    asterisk: str = "",
    first_voice: Mapping[str, str] | None = None,
) -> AsyncIterator[PbxStack]:
    """Run Sideline beside an Asterisk, reached by ``asterisk`` where that is not its own address.

    ``first_voice`` are environment variables of the first voice process alone.
    """
    settings = {
        "SIDELINE_VOICE": "asterisk",
        "SIDELINE_ASTERISK": asterisk or lab.ari_url,
        "SIDELINE_ASTERISK_AMI": lab.ami,
        "SIDELINE_ASTERISK_TRUNK": "PJSIP/{number}@trunk",
    }
    async with running_stack(database_url, var, voices=voices, settings=settings, first_voice=first_voice) as stack:
        await stack.new_floor()
        yield PbxStack(stack, lab)
