"""Pure rules: who hears whom, what may start, what a person may do.

May import the standard library and msgspec, nothing else: no IO, no clock, no
async. Start reading at ``audibility.py``; every rule returns plain values or a
refusal code, which ``kit.problems`` turns into what a person reads.
"""
