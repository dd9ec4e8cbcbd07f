"""The hub: topics to sockets.

An event becomes one ready-made frame for all sockets that get the same events,
and is written straight to their transports.

The first event of a topic after silence goes at once; events that follow
within ``WINDOW_SECONDS`` wait for the end of the window and share frames.
A socket that is served at once also gets whatever of its other topics was
waiting, so each socket sees each event once and in the order of the log, and
the position in a frame is always one from which it can resume.
"""

import asyncio
from collections.abc import Iterable, Sequence

from sideline.kit.event_log import LoggedEvent, Position
from sideline.realtime.frames import event_json, events_frame, ping_frame
from sideline.realtime.protocol import Wire

WINDOW_SECONDS = 0.06
MOST_WAITING = 100
LARGEST_FRAME = 128 * 1024
"""So many events, or bytes of them, may wait for the window's end; more are sent before it."""

PING_SECONDS = 20
"""Each socket hears from us at least this often; one in twenty of them every second."""


class Hub:
    """Fans events out to the sockets of one process. Call it from the event loop only."""

    def __init__(self, position: Position) -> None:
        self._loop = asyncio.get_running_loop()
        self._listening: dict[str, dict[Wire, None]] = {}
        self._rounds: list[set[Wire]] = [set() for _ in range(PING_SECONDS)]
        self._next_round = 0
        self._seen = position
        self._delivered = position
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        # Sets of waiting events are bit masks: bit n stands for self._waiting[n].
        self._of_topic: dict[str, int] = {}
        self._kept_from: dict[str, int] = {}
        self._served: dict[Wire, int] = {}
        self._told_at: dict[str, float] = {}
        self._window: asyncio.TimerHandle | None = None
        self._pinging: asyncio.TimerHandle | None = self._loop.call_later(1, self._ping)
        self.events_taken = 0
        self.frames_built = 0

    @property
    def position(self) -> Position:
        """Return the place in the log up to which every socket has had everything.

        A socket that joins now gets everything after it.
        """
        return self._delivered

    @property
    def seen(self) -> Position:
        """Return the newest place in the log that was taken; what lies between is waiting."""
        return self._seen

    def subscribe(self, wire: Wire, topics: Iterable[str]) -> None:
        """Deliver to ``wire`` every event of ``topics`` after :attr:`position`."""
        for topic in topics:
            wire.topics.add(topic)
            self._listening.setdefault(topic, {})[wire] = None

    def unsubscribe(self, wire: Wire, topics: Iterable[str]) -> None:
        """Deliver nothing of ``topics`` any more."""
        for topic in topics:
            wire.topics.discard(topic)
            self._drop(wire, topic)

    def greet(self, wire: Wire) -> None:
        """Begin to give a socket signs of life."""
        min(self._rounds, key=len).add(wire)

    def join(self, wire: Wire) -> None:
        """Deliver every event of its topics after :attr:`position`."""
        wire.is_behind = False
        self.subscribe(wire, tuple(wire.topics))

    def leave(self, wire: Wire) -> None:
        """Deliver nothing until :meth:`join`; its topics are kept."""
        wire.is_behind = True
        for topic in wire.topics:
            self._drop(wire, topic)
        self._served.pop(wire, None)

    def forget(self, wire: Wire) -> None:
        """Drop a socket that is gone."""
        self.leave(wire)
        for one_round in self._rounds:
            one_round.discard(wire)

    def take(self, events: Sequence[LoggedEvent]) -> None:
        """Take the next events of the log, in order, and deliver them now or within the window."""
        if not events:
            return
        now = self._loop.time()
        urgent: set[str] = set()
        for event in events:
            heard = [topic for topic in event.topics if topic in self._listening]
            if not heard:
                continue
            written = event_json(event)
            if self._waiting and (
                len(self._waiting) >= MOST_WAITING or self._waiting_bytes + len(written) > LARGEST_FRAME
            ):
                self._flush(now)
                urgent.clear()
            bit = 1 << len(self._waiting)
            self._waiting.append(written)
            self._waiting_bytes += len(written)
            self._seen = event.position
            for who in event.kept_from:
                self._kept_from[who] = self._kept_from.get(who, 0) | bit
            for topic in heard:
                self._of_topic[topic] = self._of_topic.get(topic, 0) | bit
                if topic not in self._told_at:
                    urgent.add(topic)
        self.events_taken += len(events)
        self._seen = events[-1].position
        if not self._waiting:
            self._delivered = self._seen
            return
        if urgent.issuperset(self._of_topic):
            self._flush(now)
        elif urgent:
            self._serve(urgent, now, self._served)
        if self._window is None:
            self._window = self._loop.call_at(now + WINDOW_SECONDS, self._end_window)

    def send(self, topics: Iterable[str], frame: bytes) -> None:
        """Write ``frame`` (a signal) to whoever has one of ``topics``, now; it is not kept."""
        for wire in {one for topic in topics for one in self._listening.get(topic, ())}:
            wire.out.write(frame)

    def settle(self) -> Position:
        """Deliver now what waits for the window's end; return :attr:`position`, which is then the newest seen.

        Before a socket joins or leaves: of what waits, the hub keeps only what
        somebody listened to when it was taken.
        """
        if self._delivered != self._seen:
            self._flush(self._loop.time())
        return self._delivered

    def close(self) -> None:
        """Stop the timers."""
        for timer in (self._window, self._pinging):
            if timer is not None:
                timer.cancel()
        self._window = self._pinging = None

    def _drop(self, wire: Wire, topic: str) -> None:
        listening = self._listening.get(topic)
        if listening is not None:
            listening.pop(wire, None)
            if not listening:
                del self._listening[topic]

    def _end_window(self) -> None:
        self._window = None
        now = self._loop.time()
        self._told_at = {topic: at for topic, at in self._told_at.items() if now - at < WINDOW_SECONDS}
        self._flush(now)
        if self._told_at:
            self._window = self._loop.call_at(now + WINDOW_SECONDS, self._end_window)

    def _flush(self, now: float) -> None:
        if self._waiting:
            self._serve(self._of_topic, now)
        self._waiting = []
        self._waiting_bytes = 0
        self._of_topic = {}
        self._kept_from = {}
        self._served = {}
        self._delivered = self._seen

    def _serve(self, topics: Iterable[str], now: float, note: dict[Wire, int] | None = None) -> None:
        """Write to who has ``topics`` everything that waits for them; ``note`` remembers what they had."""
        of_topic, served = self._of_topic, self._served
        frames: dict[int, bytes] = {}
        frame, framed = b"", 0
        for wire, events in self._due(topics).items():
            had = served.get(wire, 0) if served else 0
            if events & had:
                events &= ~had
                if not events:
                    continue
            if events != framed:
                framed = events
                frame = frames.get(events) or frames.setdefault(events, self._frame(events))
            wire.out.write(frame)
            if note is not None:
                note[wire] = had | events
        for topic in topics:
            if topic in of_topic:
                self._told_at[topic] = now

    def _due(self, topics: Iterable[str]) -> dict[Wire, int]:
        """Return, for each socket that has one of ``topics``, all that waits in any of its topics."""
        of_topic = self._of_topic
        asked = [(topic, self._listening[topic]) for topic in topics if topic in self._listening]
        asked.sort(key=lambda pair: -len(pair[1]))
        due: dict[Wire, int] = {}
        for topic, listening in asked:
            events = of_topic[topic]
            if not due:
                due = dict.fromkeys(listening, events)
                continue
            for wire in listening:
                due[wire] = due.get(wire, 0) | events
        if len(asked) < len(of_topic):
            names = {topic for topic, _ in asked}
            for topic, events in of_topic.items():
                if topic in names:
                    continue
                listening = self._listening.get(topic, {})
                for wire in listening if len(listening) < len(due) else tuple(due):
                    if wire in due and wire in listening:
                        due[wire] |= events
        if self._kept_from:
            due = {one: left for one, events in due.items() if (left := events & ~self._kept_from.get(one.who, 0))}
        return due

    def _frame(self, events: int) -> bytes:
        self.frames_built += 1
        waiting = self._waiting
        return events_frame(self._seen, [waiting[n] for n in range(len(waiting)) if events >> n & 1])

    def _ping(self) -> None:
        self._pinging = self._loop.call_later(1, self._ping)
        frame, frame_behind = ping_frame(self._delivered), ping_frame(None)
        for wire in tuple(self._rounds[self._next_round]):
            wire.out.write(frame_behind if wire.is_behind else frame)
        self._next_round = (self._next_round + 1) % PING_SECONDS
