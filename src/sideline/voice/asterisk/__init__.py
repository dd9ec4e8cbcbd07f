"""The engine for calls that an Asterisk runs: it listens in, and never stands in a call's way.

May import ``voice``'s port, ``voice/webrtc``, ``rules`` and ``kit``. Start
reading at ``engine.py``. Pure are ``switch.py`` (events → lines and bridges),
``calls.py`` (lines → calls and parties), ``plan.py`` (wanted routes → requests,
each with its effect on who hears whom); sockets are ``client.py`` and
``media.py``. Measured facts that all of it rests on stand in
``docs/explanation/voice-asterisk.md``.
"""
