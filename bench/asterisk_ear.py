"""When a change of who hears whom reached a SIP telephone: by the RTP packets that came to it."""

import time
from itertools import pairwise

import psutil

from bench.sound_change import FRAME_SECONDS, PRESENT, Ear, amplitude
from tests.support.rtp_recording import LINE_RATE, RtpRecording


class LineEar(Ear):
    """A telephone's packets, searched for one tone; times are those at which the kernel had a packet for it."""

    def __init__(self, recording: RtpRecording, hertz: int) -> None:
        packets = sorted(recording.packets, key=lambda packet: packet.at)
        self._heard = [(p.at, amplitude(p.sound, hertz, LINE_RATE) > PRESENT) for p in packets]

    def hole_after(self, since: float, within: float) -> float:
        """Return for how many seconds more than a frame a tone that should go on was away."""
        found = [at for at, loud in self._heard if loud and since <= at < since + within]
        moments = [since, *found, since + within]
        return max(0.0, max(b - a for a, b in pairwise(moments)) - FRAME_SECONDS)


class Company:
    """What else the machine did while a bench ran: whoever reads a figure must know."""

    def __init__(self) -> None:
        self._loads = [psutil.getloadavg()[0]]
        self._at = time.monotonic()
        psutil.cpu_percent()

    def note(self) -> None:
        """Look once more."""
        self._loads.append(psutil.getloadavg()[0])

    def figures(self) -> dict[str, object]:
        """Return the load averages that were seen, and how busy all cores were together."""
        self.note()
        return {
            "cores": psutil.cpu_count(),
            "load_average_1_min": [round(min(self._loads), 1), round(max(self._loads), 1)],
            "busy_percent_of_all_cores": psutil.cpu_percent(),
            "seconds": round(time.monotonic() - self._at, 1),
        }
