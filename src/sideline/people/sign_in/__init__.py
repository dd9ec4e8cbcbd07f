"""Sign-in: who asks, how they proved it, and until when that holds.

Start at ``authentication.py`` (every request passes it), then ``commands.py``.
"""
