"""A bank to try Coffer on: a process of its own, with books of its own, that misbehaves on demand.

It knows nothing of Coffer but the protocol: it shares no code with the floors that it is there to
test, so that what the two agree on is agreed on by both.
"""
