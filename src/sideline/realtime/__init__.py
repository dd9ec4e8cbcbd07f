"""Realtime: event log → hub → websocket.

May import every slice (for the union of events and the topics' permissions).
Start reading at ``hub.py``.
"""
