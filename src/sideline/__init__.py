"""Sideline: open-source coaching for contact centres.

Start reading at ``docs/explanation/architecture.md``; the packages, lowest
first, are ``rules`` (pure), ``kit`` (no business noun), ``voice`` (the engine
port and its engines), the slices ``people``, ``interactions`` and
``engagements``, then ``realtime`` and ``entry`` (composition roots).
"""

__version__ = "0.1.0"
