"""Engagements: a supervisor's live presence on an interaction.

May import ``interactions``, ``people``, ``voice``'s port, ``kit`` and
``rules``. Read ``commands.py`` first (what a supervisor does), then
``switchboard.py`` (rows → routes → engine) with ``progress.py`` (what the
engine confirmed, and what became of the phone), then ``reactions.py`` (what a
call, a phone or a right does to an engagement). What screens read is composed
in ``live_rows.py``, ``interaction_detail.py``, ``live_queries.py``,
``coach_manager.py`` and ``history.py``.
"""
