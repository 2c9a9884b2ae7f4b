"""The unit's end of the dock link: a serial line over USB on which the dock asks who is there and what time it is.

`messages` is the grammar, one JSON object a line, which the dock's program shares; `answer` says what is answered;
`__main__` is the process. Nothing on this line changes anything on the unit. Recordings reach the dock by the carrier
itself, read-only, never by this line.
"""
