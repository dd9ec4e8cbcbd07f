"""The one table of who may call what: a file for each slice, holding ``ENDPOINTS``.

``tests/api/test_every_endpoint_by_role.py`` asks each endpoint as each shipped
role, about something of the own team and of another, and as a visitor. It
fails for an endpoint of the application that is in no file here. To add one::

    Endpoint("PATCH", "/api/teams/{team_id}", needs(MANAGE_TEAMS, sees=VIEW_USERS), asks=_a_team_to_change)

``asks`` makes a fresh thing on ``case.side`` and says how to ask about it, so
that a call that deletes it disturbs no other. ``shape.py`` has the words.
"""
