"""Reads recordings from disk and has them judged: I/O only, the rules are `kuager.evidence.rules_*`."""
