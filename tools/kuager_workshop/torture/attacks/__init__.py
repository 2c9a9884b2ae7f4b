"""What an attacker does to recordings that are sealed, and what a checker must then say.

An attack changes a copy and states what is expected of the verdict: which outcomes, and which file, bytes and time must
be told. The attacker knows the format, has keys and an authority of his own, and a whole unit of the same authority. He
has neither the key of the unit that recorded nor, after a recording is over, its recording key.
"""
