"""Voice: the engine port and the engines behind it.

May import ``rules`` and ``kit``. Start reading at ``engine.py`` (the port);
``webrtc/`` is the built-in selective forwarder.
"""
