"""Interactions: calls (chats later), participants, queues, legs, timeline.

May import ``people``, ``voice``'s port, ``kit`` and ``rules``; knows nothing
of engagements. Start reading at ``commands.py`` (call control) and
``call_facts.py`` (rows ⇄ ``rules.call``).
"""
