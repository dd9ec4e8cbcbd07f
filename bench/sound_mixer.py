"""A mixing bridge on stock aiortc: the alternative that the forwarder is measured beside.

What one writes with aiortc's public interface: decode every leg, add up the
others, encode for every leg.
"""

import asyncio
import time
from collections import deque
from fractions import Fraction

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame

from sideline.voice.engine import CallPlan

SAMPLES = 960


class _Mix(MediaStreamTrack):
    """What one leg hears: the sum of those routed to it."""

    kind = "audio"

    def __init__(self, bridge: "StockMixer", leg: str) -> None:
        super().__init__()
        self._bridge = bridge
        self._leg = leg
        self._start = 0.0
        self._at = 0

    async def recv(self) -> AudioFrame:
        if not self._start:
            self._start = time.monotonic()
        self._at += SAMPLES
        await asyncio.sleep(max(0.0, self._start + self._at / 48_000 - time.monotonic()))
        sound = np.zeros(SAMPLES * 2, dtype=np.int32)
        for speaker in self._bridge.heard.get(self._leg, ()):
            frames = self._bridge.frames[speaker, self._leg]
            if frames:
                sound += frames.popleft()
        frame = AudioFrame.from_ndarray(
            np.clip(sound, -32768, 32767).astype(np.int16).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._at, Fraction(1, 48_000)
        return frame


class StockMixer:
    """Answers offers of one send-receive line and mixes what the plans say."""

    def __init__(self) -> None:
        self.heard: dict[str, list[str]] = {}
        self.frames: dict[tuple[str, str], deque[np.ndarray]] = {}
        self._said: dict[str, list[deque[np.ndarray]]] = {}
        self._peers: list[RTCPeerConnection] = []
        self._readers: set[asyncio.Task[None]] = set()

    async def connect(self, leg: str, offer: str) -> str:
        """Answer an offer."""
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peers.append(peer)

        @peer.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            task = asyncio.create_task(self._read(leg, track))
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)

        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        peer.addTrack(_Mix(self, leg))
        await peer.setLocalDescription()
        return peer.localDescription.sdp

    async def apply(self, call: str, wanted: CallPlan) -> None:
        """Mix as the plan says; a bench applies one plan a call."""
        for speaker, listener in wanted.routes:
            frames = self.frames[speaker, listener] = deque(maxlen=5)
            self._said.setdefault(speaker, []).append(frames)
            self.heard.setdefault(listener, []).append(speaker)

    async def _read(self, leg: str, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                sound = frame.to_ndarray().reshape(-1).astype(np.int32)
                for frames in self._said.get(leg, ()):
                    frames.append(sound)
        except MediaStreamError:
            return
