"""Interactions: calls (chats later), participants, queues, phones' connections, timeline.

May import ``people``, ``voice``'s port, ``kit`` and ``rules``; knows nothing
of engagements. Start reading at ``call_facts.py`` (rows ⇄ ``rules.call``; every
step of a call goes through ``save_step``), then ``call_commands.py`` (the
controls), ``offering.py`` (who is rung), ``leg_commands.py`` and
``leg_exchange.py`` (how a phone connects), ``tasks.py`` (what becomes due).
"""
