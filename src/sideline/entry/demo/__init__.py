"""The demo: bots that are ordinary clients of a running Sideline.

They know nothing that a person's browser could not know: the public API, the
customer's page's API and a leg each. May import everything; nothing imports
it. Start reading at ``scenario.py`` (what a bot does next, pure), then
``agents.py`` and ``customers.py``. ``voices/`` holds their sentences, made by
``tools/make_voices.py``.
"""

from sideline.entry.demo.run import main

__all__ = ["main"]
