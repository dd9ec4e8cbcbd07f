"""Letting time pass where nothing else is being waited for: a back-off, a bot's thinking.

Who waits *for* something waits for that thing, with a deadline; this is not for that.
"""

import asyncio


async def pause(seconds: float) -> None:
    """Return after ``seconds``; only cancelling makes it shorter."""
    try:
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()
    except TimeoutError:
        pass
