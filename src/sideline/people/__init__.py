"""People: users, teams, groups, roles, sign-in, presence, phones, policies.

The lowest slice: may import ``rules``, ``kit`` and ``voice``'s port; tells
others by events. Start reading at ``sign_in/authentication.py`` (who asks)
and ``directory.py``.
"""
