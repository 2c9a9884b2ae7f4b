"""The unit's supervisor: one queue of events in, effects out; it never blocks, and recording goes on without it.

`unit` is the loop; `translate` makes the session's events of what vault and capture say; `perform` does what the
session asks; `measure` asks `watch`, `heat` and `place` what follows from all that is measured; `door`, `mouth` and
`indicator` are its ends: the virtual board's door, voice and light; `fittings` is the board and what hangs on it.
"""
