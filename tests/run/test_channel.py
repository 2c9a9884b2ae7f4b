"""What is sent arrives whole and in order, whether the socket takes it at once, in part, or not at all."""

import socket
import threading
from typing import Any

from kuager import wire
from kuager.channel import Connection
from kuager.errors import PeerError


class Pair:
    """A connection, and the plain socket at its other end."""

    def __init__(self, limit: int = 64 << 20) -> None:
        self.gone = threading.Event()
        ours, self.theirs = socket.socketpair()
        decoder = wire.Decoder(wire.FromVaultMedia)
        self.connection = Connection(ours, decoder, lambda *_: None, lambda _: self.gone.set(), limit)

    def __enter__(self) -> "Pair":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        assert self.gone.wait(10)
        self.theirs.close()

    def read(self, count: int) -> list[Any]:
        """So many messages, as they come out of the socket."""
        decoder = wire.Decoder(wire.ToVaultMedia)
        with self.theirs.makefile("rb") as stream:
            return [decoder.decode(stream.read(int.from_bytes(stream.read(4), "big"))) for _ in range(count)]


def _still(number: int, size: int) -> wire.Still:
    return wire.Still(sequence=number, recording=bytes(16), data=bytes([number % 251]) * size, at_us=1, at_utc_us=1)


def test_long_and_short_messages_arrive_in_order_at_a_reader_that_lags() -> None:
    with Pair() as pair:
        sent = [_still(number, size) for number, size in enumerate((10, 900_000, 10, 10, 2_000_000, 50, 300_000, 1))]
        pair.connection.send(sent[0])  # before it was started
        pair.connection.start()
        for message in sent[1:]:
            pair.connection.send(message)
        assert pair.connection.waiting > 1_000_000
        assert pair.read(len(sent)) == sent
        pair.connection.drain(10)
        assert pair.connection.waiting == 0


def test_what_several_threads_send_is_never_mixed() -> None:
    def send(pair: Pair, base: int) -> None:
        for number in range(base, base + 20):
            pair.connection.send(_still(number, 70_000))

    with Pair() as pair:
        pair.connection.start()
        threads = [threading.Thread(target=send, args=(pair, base)) for base in (0, 100, 200)]
        for thread in threads:
            thread.start()
        got = pair.read(60)
        for thread in threads:
            thread.join(10)
    assert all(message == _still(message.sequence, 70_000) for message in got)
    for base in (0, 100, 200):
        mine = [message.sequence for message in got if base <= message.sequence < base + 100]
        assert mine == list(range(base, base + 20))


def _send_until_refused(pair: Pair, size: int) -> str:
    for _ in range(1000):
        try:
            pair.connection.send(_still(1, size))
        except PeerError as error:
            return str(error)
        pair.gone.wait(0.01)
    return ""


def test_a_peer_that_does_not_read_or_is_gone_is_told() -> None:
    with Pair(limit=1_000_000) as pair:
        pair.connection.start()
        assert "stopped reading" in _send_until_refused(pair, 100_000)
        pair.theirs.close()
        assert "closed" in _send_until_refused(pair, 1)
