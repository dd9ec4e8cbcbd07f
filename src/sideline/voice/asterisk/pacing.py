"""How much sound may lie in an Asterisk channel's queue, and what leaves it out. Pure.

A channel of ``chan_websocket`` takes a frame out of its queue every 20 ms by a
clock of its own. What was sent in a burst therefore stays in the queue, as a
delay; so does every frame that our clock is ahead of Asterisk's. Silence must
be sent, too: the other party's telephone gets no RTP while nothing comes, and
after a while takes the call for dead.
"""

REPORT_EVERY = 50
"""Frames between two questions for the queue's length: a second of sound."""

SILENT_FRAMES = 10
"""Frames (200 ms) of silence in a row after which every surplus frame is left out."""

SILENT = 32
"""Peak up to which a frame is silence: -60 dB of full scale."""

QUIET = 330
"""Peak up to which a single frame can be left out unheard: -40 dB of full scale."""

USUAL = 1
"""Frames that wait where nothing is amiss: the one that was sent since the channel's last beat."""

TOO_MANY = 4
"""Frames (80 ms) in the queue that are too many at once, whatever is being said."""

FAR_TOO_MANY = 10
"""Frames (200 ms) that are better all thrown away at once, where they lie."""

REPORTS_TO_SHORTEN = 3
"""Reports in a row of more than usual after which the rest goes, too: 3 s."""


class Pacing:
    """Decides for every frame whether it is sent; told now and then how long the channel's queue is."""

    def __init__(self) -> None:
        self.is_stopped = False
        """Asterisk asked to send no more for now (``MEDIA_XOFF``)."""
        self._silent = 0
        self._surplus = 0
        self._reports: list[int] = []
        self._sent = 0

    def admits(self, peak: int) -> bool:
        """Return whether to send a frame whose loudest sample is ``peak``."""
        self._silent = self._silent + 1 if peak <= SILENT else 0
        if self.is_stopped:
            return False
        if self._surplus and (peak <= QUIET or self._surplus >= TOO_MANY - USUAL):
            self._surplus -= 1
            return False
        self._sent += 1
        return True

    def is_report_due(self) -> bool:
        """Return whether to ask for the queue's length before the frame that was just admitted."""
        return self._sent % REPORT_EVERY == 0 or self._silent == SILENT_FRAMES

    def reported(self, length: int) -> bool:
        """Take the queue's length, in frames; return whether the queue must be emptied."""
        if length >= FAR_TOO_MANY:
            self._surplus = 0
            self._reports.clear()
            return True
        self._reports = [*self._reports, length][-REPORTS_TO_SHORTEN:]
        if length >= TOO_MANY or self._silent >= SILENT_FRAMES:
            self._surplus = max(0, length - USUAL)
        elif len(self._reports) == REPORTS_TO_SHORTEN:
            self._surplus = max(0, min(self._reports) - USUAL)
        return False
