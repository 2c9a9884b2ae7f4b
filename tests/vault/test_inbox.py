"""How much of each source may wait, and how long the vault's thread waits for it."""

import pytest

from kuager.vault.inbox import LIMITS, OVERHEAD, Inbox


class WaitedError(Exception):
    """Somebody would wait here."""


@pytest.fixture
def waits() -> list[float | None]:
    """Each wait of the vault's thread, none of which lasts."""
    return []


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch, waits: list[float | None]) -> Inbox:
    made = Inbox()

    def wait(timeout: float | None = None) -> bool:
        waits.append(timeout)
        if timeout is None:
            raise WaitedError
        return False

    monkeypatch.setattr(made._changed, "wait", wait)
    return made


def nothing() -> None:
    """A call."""


def test_calls_without_media_count_too(inbox: Inbox):
    for _ in range(LIMITS["control"] // OVERHEAD):
        inbox.put("control", nothing)
    with pytest.raises(WaitedError):
        inbox.put("control", nothing)
    inbox.put("media", nothing)


@pytest.mark.parametrize(("short", "held_back"), [(1, False), (0, True)])
def test_a_sender_is_held_back_once_its_limit_is_reached(inbox: Inbox, short: int, held_back: bool):
    inbox.put("media", nothing, LIMITS["media"] - OVERHEAD - short)
    if held_back:
        with pytest.raises(WaitedError):
            inbox.put("media", nothing)
    else:
        inbox.put("media", nothing, LIMITS["media"])  # one more is let in, however long


def test_what_was_taken_out_makes_room_for_as_much(inbox: Inbox):
    inbox.put("media", nothing, LIMITS["media"])
    inbox.put("self", nothing)
    assert inbox.get(0) is nothing
    inbox.put("media", nothing, LIMITS["media"] - OVERHEAD)
    with pytest.raises(WaitedError):
        inbox.put("media", nothing)


@pytest.mark.parametrize(("timeout_s", "waited"), [(0.25, 0.25), (0.0, 0.0), (-3.0, 0.0)])
def test_an_empty_inbox_is_waited_at_no_longer_than_asked(
    inbox: Inbox, waits: list[float | None], timeout_s: float, waited: float
):
    assert inbox.get(timeout_s) is None
    assert waits == [waited]


def test_nobody_waits_for_what_is_there_nor_after_the_end(inbox: Inbox, waits: list[float | None]):
    inbox.put("self", nothing)
    assert inbox.get(5) is nothing
    inbox.shut()
    assert inbox.get(5) is None
    assert waits == []
