"""What is said on sockets: what was encoded is heard, up to the first byte that breaks a rule, and nothing after it."""

import socket
import threading
import tracemalloc
from random import Random
from typing import Any, cast, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuager import channel, session, wire
from kuager.errors import InputError
from kuager_workshop.fuzz import typed

DIRECTIONS: dict[str, Any] = {
    "to capture": wire.ToCapture,
    "from capture": wire.FromCapture,
    "media to vault": wire.ToVaultMedia,
    "media from vault": wire.FromVaultMedia,
    "control to vault": wire.ToVaultControl,
    "control from vault": wire.FromVaultControl,
    "to board": wire.ToBoard,
    "from board": wire.FromBoard,
}
WAIT_S = 20


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")


def heard(data: bytes, decoder: wire.Decoder) -> list[wire.Message]:
    """What a process hears of these bytes, on a real socket and its connection's own threads."""
    ours, theirs = socket.socketpair()
    said: list[wire.Message] = []
    over = threading.Event()
    connection = channel.Connection(theirs, decoder, lambda _, message: said.append(message), lambda _: over.set())
    connection.start()
    with ours:
        ours.sendall(data)
        ours.shutdown(socket.SHUT_WR)
        assert over.wait(WAIT_S)
    connection._reader.join(WAIT_S)
    connection._writer.join(WAIT_S)
    return said


def some(kind: Any, chance: Random) -> wire.Message:
    return cast(wire.Message, msgspec.convert(typed.plain(kind, chance), kind, builtin_types=(bytes,)))


@pytest.mark.parametrize("direction", DIRECTIONS)
@settings(deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_every_message_within_its_limits_is_heard_as_it_was_said(direction: str, chance: Random) -> None:
    kind = DIRECTIONS[direction]
    for each in get_args(kind):
        message = some(each, chance)
        assert wire.Decoder(kind).decode(wire.encode(message)[4:]) == message


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_what_stands_before_a_wrong_byte_is_heard_and_nothing_after_it(chance: Random, data: st.DataObject) -> None:
    frames = [wire.encode(some(wire.ToVaultControl, chance)) for _ in range(4)]
    whole = b"".join(frames)
    cut = data.draw(st.integers(0, len(whole)))
    before = [frame for number, frame in enumerate(frames) if sum(map(len, frames[: number + 1])) <= cut]
    ending = data.draw(st.sampled_from([b"", b"\xff\xff\xff\xff", b"\0\0\0\1\xc0", b"\0\0\0\0" + frames[0]]))
    broken = whole[: sum(map(len, before))] + ending if ending else whole[:cut]
    decoder = wire.Decoder(wire.ToVaultControl)
    assert [wire.encode(message) for message in heard(broken, decoder)] == before


def test_a_direction_without_media_takes_no_long_frames() -> None:
    assert {name for name, kind in DIRECTIONS.items() if wire.Decoder(kind).longest == wire.MAX_FRAME} == {
        "to capture",
        "media to vault",
    }
    size = wire.Decoder(wire.ToVaultControl).longest
    # An empty map is a byte in the frame and an object in memory: eight megabytes of them would end the vault.
    body = b"\x83\xa1m\xa4Note\xa4type\xa5event\xa4body\x81\xa1a\xdd" + size.to_bytes(4, "big") + b"\x80" * size
    tracemalloc.start()
    try:
        assert heard(len(body).to_bytes(4, "big"), wire.Decoder(wire.ToVaultControl)) == []
        assert len(heard((size - 1).to_bytes(4, "big") + body[:size], wire.Decoder(wire.ToVaultControl))) == 0
        assert tracemalloc.get_traced_memory()[1] < 96 << 20
    finally:
        tracemalloc.stop()


def test_a_message_that_its_peer_would_refuse_is_not_sent() -> None:
    note = wire.Note(type="event", body={"code": "x" * wire.Note.longest})
    with pytest.raises(InputError, match="over the limit of 524288"):
        wire.encode(note)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_more_than_a_message_or_a_refusal(data: bytes) -> None:
    for kind in DIRECTIONS.values():
        try:
            message = wire.Decoder(kind).decode(data)
        except InputError as refusal:
            said = str(refusal)
            assert said.startswith("a message was refused")
        else:
            assert isinstance(message, get_args(kind))


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_session_within_its_limits_is_remembered(chance: Random) -> None:
    state = msgspec.convert(typed.plain(session.State, chance), session.State, builtin_types=(bytes,))
    if state.version == 1:
        assert session.load(session.dump(state)) == state
    else:
        with pytest.raises(InputError, match="version"):
            session.load(session.dump(state))


@pytest.mark.parametrize("depth", [100, 1000, 30_000])
def test_a_remembered_session_that_is_nested_without_end_is_refused(depth: int) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        session.load(b"\x81\xa5notes\x91\x81\xa1z" + b"\x91" * depth)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_a_session_or_a_refusal(data: bytes) -> None:
    for start in (b"", b"\x81\xa5notes", b"\x81\xa9recording", b"\x81\xa7version\x01"):
        try:
            session.load(start + data)
        except InputError as refusal:
            said = str(refusal)
            assert "session" in said
