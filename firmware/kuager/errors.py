"""Errors by whose fault they are; each says in one sentence what to do next.

Every class also inherits the builtin that a caller would expect to catch.
"""


class KuagerError(Exception):
    """Anything this product raises on purpose; its text is one sentence for the person who meets it."""

    exit_code = 70


class UsageError(KuagerError, ValueError):
    """The person's: a wrong argument or setting; exit code 64."""

    exit_code = 64


class InputError(KuagerError, ValueError):
    """The data's: bytes that break the format or a limit, from a carrier, a socket or a file."""


class CarrierError(KuagerError, OSError):
    """The carrier's: full, read-only, blank, foreign, or gone."""


class HardwareError(KuagerError, OSError):
    """The camera's, microphone's or board's: absent, silent or refusing."""


class PeerError(KuagerError, ConnectionError):
    """Another process of ours: gone, hung, or speaking out of turn."""
