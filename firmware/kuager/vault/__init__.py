"""The vault: the only writer of the carrier and the only holder of the unit's key.

Order of every step: media, sync; journal records and a signed checkpoint, sync; only then acknowledge. Nothing is ever
overwritten, cut off or deleted. Who speaks on the sockets is not trusted.
"""
