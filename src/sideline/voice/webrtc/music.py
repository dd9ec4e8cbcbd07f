"""Hold music: one more speaker, with packets encoded beforehand."""

from collections.abc import Sequence
from importlib.resources import files
from time import monotonic

from sideline.voice.webrtc.beat import Beat
from sideline.voice.webrtc.forwarding import Speaker, new_source
from sideline.voice.webrtc.ogg import read_opus
from sideline.voice.webrtc.slots import FRAME_SAMPLES


def shipped_music() -> list[bytes]:
    """Return the packets of the music that comes with Sideline (``music.opus``, Ogg Opus, 20 ms frames)."""
    return read_opus(files("sideline.voice.webrtc").joinpath("music.opus").read_bytes())


class HoldMusic:
    """Plays a loop of 20 ms Opus packets to whoever is routed; silent, and idle, while nobody is."""

    def __init__(self, speaker: Speaker, packets: Sequence[bytes]) -> None:
        self._speaker = speaker
        self._packets = tuple(packets)
        self._source = new_source()
        self._position = 0
        self._beat = Beat()
        self._place: int | None = None

    def match(self) -> None:
        """Start or stop to fit the speaker's outlets; call after every change of routes."""
        if self._speaker.outlets and self._packets:
            if self._place is None:
                self._place = self._beat.join(self._play)
        else:
            self.stop()

    def stop(self) -> None:
        """Stop the beat."""
        if self._place is not None:
            self._beat.leave(self._place)
            self._place = None

    def _play(self, left_out: int) -> None:
        n = self._position + left_out
        self._position = n + 1
        self._speaker.say(
            self._source,
            0,
            n & 0xFFFF,
            n * FRAME_SAMPLES & 0xFFFFFFFF,
            self._packets[n % len(self._packets)],
            monotonic(),
        )
