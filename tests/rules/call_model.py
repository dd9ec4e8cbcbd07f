"""What a call is, in the plain words of the promises: the stateful test's second opinion.

It shares no code with ``sideline.rules``: no groups, no seats, only who talks
with the customer, who is asked aside, and who supervises whom.
"""

from dataclasses import dataclass, field


@dataclass
class Watch:
    """A supervisor's engagement as the model sees it."""

    user: str
    mode: str
    target: str
    phone_up: bool
    muted: bool = False


@dataclass
class CallModel:
    """The customer is waiting, talking, held or gone; the rest are names or nobody."""

    customer: str = "waiting"
    rings: str | None = None
    handler: str | None = None
    aside: str | None = None
    aside_answered: bool = False
    users: dict[str, str] = field(default_factory=dict)
    supervisors_seats: set[str] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)
    watches: dict[str, Watch] = field(default_factory=dict)

    def talkers(self) -> set[str]:
        """Everybody with a voice, supervisors who only watch left out."""
        there = set() if self.customer == "gone" else {"customer"}
        there |= {self.handler} if self.handler else set()
        return there | ({self.aside} if self.aside and self.aside_answered else set())

    def ringing_or_talking_users(self) -> set[str]:
        seats = [self.rings, self.handler, self.aside]
        return {self.users[seat] for seat in seats if seat}

    def circle(self, who: str) -> set[str]:
        """Everybody in the conversation that ``who`` is in, themself included."""
        if who not in self.talkers():
            return set()
        if who == "customer":
            return {"customer", self.handler} if self.customer == "talking" and self.handler else {"customer"}
        if self.aside is not None:
            return {name for name in (self.handler, self.aside) if name in self.talkers()}
        return {who, "customer"} if self.customer == "talking" else {who}

    def is_agent(self, seat: str) -> bool:
        return seat != "customer" and seat not in self.supervisors_seats

    def barging_into(self, circle: set[str]) -> set[str]:
        return {
            name
            for name, watch in self.watches.items()
            if watch.mode == "barge" and watch.phone_up and not watch.muted and watch.target in circle
        }

    def coaches_of(self, seat: str) -> set[str]:
        """Everybody who coaches this agent or whose phone rings to do so."""
        return {name for name, watch in self.watches.items() if watch.mode == "coach" and watch.target == seat}

    def bargers(self) -> set[str]:
        """Everybody who has joined in or whose phone rings to do so."""
        return {name for name, watch in self.watches.items() if watch.mode == "barge"}

    def heard_by_talker(self, who: str) -> set[str]:
        circle = self.circle(who)
        heard = circle - {who} - self.muted | self.barging_into(circle)
        if self.is_agent(who):
            heard |= {
                name for name in self.coaches_of(who) if self.watches[name].phone_up and not self.watches[name].muted
            }
        if not heard and who == "customer" and self.customer in ("waiting", "held"):
            return {"music"}
        return heard

    def heard_by_watch(self, name: str) -> set[str]:
        circle = self.circle(self.watches[name].target)
        return circle - self.muted | (self.barging_into(circle) - {name})

    def expected(self) -> set[tuple[str, str]]:
        """Every (speaker, listener) pair there should be."""
        pairs = {(speaker, who) for who in self.talkers() for speaker in self.heard_by_talker(who)}
        for name, watch in self.watches.items():
            if watch.phone_up and watch.mode != "barge_kick":
                pairs |= {(speaker, name) for speaker in self.heard_by_watch(name)}
        return pairs

    def shown(self) -> str:
        """The word for the call in a list."""
        if self.customer == "gone":
            return "ended"
        if self.handler is None:
            return "offering" if self.rings else "waiting"
        return "consulting" if self.aside else self.customer
