"""The built-in WebRTC engine: a selective forwarder, not a mixer.

The routes of a call are its forwarding table: a speaker's Opus packets go,
payload untouched, into one of the listener's slots, and the browser mixes.
Read ``slots.py`` (pure) first, then ``forwarding.py``, ``legs.py`` and
``engine.py``; ``adapter.py`` alone knows private names of aiortc and aioice.
"""
