"""Engagements: a supervisor's live presence on an interaction.

May import ``interactions``, ``people``, ``voice``'s port, ``kit`` and
``rules``. Start reading at ``commands.py`` (start, switch, stop), then
``switchboard.py`` (rows → routes → engine). Coach Manager's queries are in
``board_queries.py`` and ``history_queries.py``.
"""
