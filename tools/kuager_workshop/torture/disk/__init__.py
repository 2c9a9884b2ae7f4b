"""Disks that lose what was not made durable: a log of all that is done to them, and the states that a cut may leave."""
