"""Kit: what every slice stands on and no business noun lives in.

May import ``rules`` (only for refusals) and third-party libraries. Start
reading at ``edge.py`` (how a request becomes one transaction), then ``db.py``,
``event_log.py`` and ``problems.py``.
"""
