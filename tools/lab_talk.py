"""What two telephones know of each other on one call: whose turn it is, and whether anybody is there to talk with."""

import asyncio

from sideline.entry.demo.floor import Floor


class Talk(Floor):
    """One customer's call, from the queue to the end."""

    def __init__(self) -> None:
        super().__init__()
        self.is_taken_over = False
        """A supervisor has the customer: the call is as long as they like."""
        self._together = asyncio.Event()

    def begins(self) -> None:
        """An agent has the customer, again or for the first time."""
        self.is_taken_over = False
        self._together.set()

    def pauses(self) -> None:
        """The customer waits: in the queue, on hold, or for the next agent."""
        self._together.clear()

    def is_taken(self) -> None:
        """The agent is gone in the middle of it and the customer isn't."""
        self.is_taken_over = True
        self._together.set()

    async def together(self) -> None:
        """Return once the customer talks with somebody."""
        await self._together.wait()


class Talks:
    """The call that each customer is on, by their number."""

    def __init__(self) -> None:
        self._talks: dict[str, Talk] = {}

    def begin(self, number: str) -> Talk:
        """Let a new call of the customer begin."""
        self._talks[number] = Talk()
        return self._talks[number]

    def end(self, number: str) -> None:
        """Let the customer's call be over."""
        self._talks.pop(number, None)

    def of(self, peer: str) -> Talk | None:
        """Return the call of the customer with this SIP address, or ``None``: it is a colleague's."""
        return self._talks.get(user_of(peer))


def user_of(address: str) -> str:
    """Return the user part of a SIP address."""
    return address.removeprefix("sip:").partition("@")[0]
