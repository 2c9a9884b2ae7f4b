"""What every message is, how long it may be, and how it becomes bytes and comes back."""

from typing import Annotated, ClassVar, get_args

import msgspec
from msgspec import Meta

from kuager.errors import InputError
from kuager.evidence.records import Short

MAX_FRAME = 8 * 1024 * 1024
"""Longest message body, bytes: a fragment of 0.5 s at 100 Mbit/s, or a full-resolution photograph."""
MAX_PLAIN = 512 * 1024
"""Longest body of a message that holds no such thing: in memory a body can unfold to a hundred times its length."""

Media = Annotated[bytes, Meta(min_length=1, max_length=MAX_FRAME - 4096)]
Flat = Annotated[dict[Short, str | int | bool], Meta(max_length=32)]


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="m", forbid_unknown_fields=True):
    """One message; the class name is its tag on the wire. `longest`: bytes of its body."""

    longest: ClassVar[int] = MAX_PLAIN


_encoder = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    """One frame: length prefix and body. Raises InputError where it is longer than its kind may be."""
    body = _encoder.encode(message)
    if len(body) > message.longest:
        name, most = type(message).__name__, message.longest
        raise InputError(f"a {name} message of {len(body)} bytes is over the limit of {most}")
    return len(body).to_bytes(4, "big") + body


class Decoder:
    """Decodes bodies of one direction of one socket, e.g. ``Decoder(ToCapture)``; anything else is an InputError.

    `longest`: bytes of its longest message; nothing that is longer need be read.
    """

    def __init__(self, messages: object) -> None:
        self._decoder = msgspec.msgpack.Decoder(messages)
        self.longest: int = max(kind.longest for kind in get_args(messages) or (messages,))

    def decode(self, body: bytes | memoryview) -> object:
        """The message in a body (without its length prefix)."""
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise InputError(f"a message was refused: {error}") from None
