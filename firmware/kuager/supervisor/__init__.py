"""The unit's supervisor: one queue of events in, effects out; it never blocks, and recording goes on without it.

`unit` is the loop; `translate` makes the session's events of what vault and capture say; `perform` does what the
session asks; `watch` finds warnings; `peers`, `door`, `mouth` and `indicator` are its ends: the other processes, the
virtual board's door, voice and light.
"""
