"""Waiting, in a web process, for a voice node's answer to an offer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select

from sideline.interactions.bodies import LegAnswer
from sideline.interactions.leg_commands import Offered
from sideline.interactions.models import LegRow
from sideline.interactions.wake import LEG_ANSWERS
from sideline.kit.db import Database
from sideline.kit.listen import Listener
from sideline.kit.problems import Problem

ANSWER_SECONDS = 5.0
"""How long a browser waits for the answer to its offer; a voice node takes some ten milliseconds."""


class LegAnswers:
    """The answers that requests of this process wait for.

    ``received`` is the callback of the LISTEN channel ``leg_answers``,
    ``look_again`` of each (re)connection: a wake-up may have been missed then.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def received(self, payload: str) -> None:
        """Wake whoever waits for ``<leg_id>:<generation>``."""
        for event in self._waiting.get(payload, ()):
            event.set()

    def look_again(self) -> None:
        """Wake everyone who waits."""
        for payload in self._waiting:
            self.received(payload)

    async def answer(self, database: Database, offered: Offered, seconds: float = ANSWER_SECONDS) -> LegAnswer:
        """Return the answer to an offer that has been committed.

        Raises Problem 422 ``offer_refused`` or, for now, 503 ``voice_busy``
        with the engine's sentence, 409 ``offer_replaced`` by a newer one, 504
        ``no_answer_in_time``.
        """
        payload, woken = f"{offered.leg_id}:{offered.generation}", asyncio.Event()
        waiting = self._waiting.setdefault(payload, set())
        waiting.add(woken)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    answer = await _read(database, offered)
                    if answer is not None:
                        return answer
                    await woken.wait()
                    woken.clear()
        except TimeoutError:
            raise Problem(
                504,
                "no_answer_in_time",
                "The voice process didn't answer your phone in time; nothing was lost. It is tried again by itself.",
            ) from None
        finally:
            waiting.discard(woken)
            if not waiting:
                self._waiting.pop(payload, None)


async def _read(database: Database, offered: Offered) -> LegAnswer | None:
    async with database.reading() as connection:
        found = await connection.execute(
            select(LegRow.generation, LegRow.answer, LegRow.refusal, LegRow.is_refusal_passing).where(
                LegRow.id == offered.leg_id
            )
        )
    row = found.one()
    if row.generation != offered.generation:
        raise Problem(409, "offer_replaced", "A newer offer of your phone took the place of this one.")
    if row.refusal and row.is_refusal_passing:
        raise Problem(503, "voice_busy", row.refusal, headers={"Retry-After": "1"})
    if row.refusal:
        raise Problem(422, "offer_refused", row.refusal)
    if row.answer is None:
        return None
    return LegAnswer(leg_id=offered.leg_id, generation=offered.generation, answer=row.answer)


@asynccontextmanager
async def hearing_answers(database: Database, answers: LegAnswers) -> AsyncIterator[None]:
    """Let ``answers`` hear of what voice processes answer, for as long as the block lasts."""
    listener = Listener(database.url, {LEG_ANSWERS: answers.received}, answers.look_again)
    task = asyncio.create_task(listener.run(), name="listen-leg-answers")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
