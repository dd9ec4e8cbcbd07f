"""Entry: composition roots, one module per process: cli, web, voice, worker, demo.

May import everything; nothing imports it.
"""
