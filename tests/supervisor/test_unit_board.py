"""Hands on real pins, a card, a dock, a receiver: from the board through the loop into journals."""

import time

import pytest
from test_unit import close, record, through_the_opening

from kuager import wire
from kuager.board import Climate, inputs
from kuager.board.card import Shown
from kuager.board.nmea import Fix, Time
from kuager.clock import boot_us


def events(world, code):
    return [
        note.body["data"] for note in world.vault.of(wire.Note) if note.type == "event" and note.body["code"] == code
    ]


def unit_notes(world, code):
    return [note.data for note in world.vault.of(wire.UnitNote) if note.code == code]


@pytest.fixture
def stuck_soon(monkeypatch):
    monkeypatch.setattr(inputs, "STUCK_US", 300_000)
    monkeypatch.setattr(inputs, "FREE_US", 100_000)


def down(world, button, level=True):
    world.hand.send(wire.Pin(name=button, level=level))


def test_two_presses_ask_for_a_break_and_a_third_begins_it(world):
    record(world)
    through_the_opening(world)
    world.press("record", 0.08)
    world.press("record", 0.08)
    world.until(lambda: world.state() == "breaking")
    world.press("record")
    world.until(lambda: world.state() in ("break", "breaking"))
    if world.state() == "breaking":
        world.until(lambda: not world.unit.state.recording.dialogue.speaking)
        world.press("record")
    world.until(lambda: world.state() == "break")
    assert world.capture.of(wire.FinishTake)[-1].cause == "break"


def test_one_press_while_recording_is_no_break(world):
    record(world)
    through_the_opening(world)
    world.press("record")
    time.sleep(0.9)
    world.press("record")
    time.sleep(0.2)
    assert world.state() == "recording"


@pytest.mark.usefixtures("stuck_soon")
def test_a_stuck_mark_is_warned_of_and_recording_goes_on(world):
    record(world)
    through_the_opening(world)
    down(world, "mark")
    world.until(lambda: "warning.button-stuck" in world.mouth.said)
    world.until(lambda: events(world, "button-stuck") == [{"button": "mark"}])
    presses = len(events(world, "press"))
    time.sleep(0.3)
    down(world, "mark", False)
    down(world, "mark")
    down(world, "mark", False)
    world.until(lambda: events(world, "button-free") == [{"button": "mark"}])
    assert len(events(world, "press")) == presses
    assert world.state() == "recording"
    assert "button-stuck" not in world.unit.state.warnings
    world.press("mark")
    world.until(lambda: len(events(world, "press")) > presses)


@pytest.mark.usefixtures("stuck_soon")
def test_with_record_stuck_mark_held_begins_asks_for_the_end_and_confirms_it(world):
    world.until(lambda: world.state() == "ready")
    down(world, "record")
    world.until(lambda: "button-stuck" in world.unit.state.warnings)
    world.until(lambda: world.unit.state.recording)
    through_the_opening_by_mark(world)
    world.press("mark", 1.4)
    world.until(lambda: world.state() == "closing")
    for _ in range(20):
        held = world.unit.state.recording
        if held is None or held.stage != "closing":
            break
        last = held.dialogue and held.dialogue.step == 5
        world.press("mark", 1.4 if last else 0.06)
    world.until(lambda: [close.cause for close in world.vault.of(wire.CloseRecording)] == ["closing"])
    world.until(lambda: world.state() == "ready")
    world.press("mark", 1.4)
    world.until(lambda: len(world.vault.of(wire.OpenRecording)) == 2)


def through_the_opening_by_mark(world):
    world.until(lambda: world.unit.state.recording.stage == "opening" and world.unit.state.recording.dialogue)


@pytest.mark.usefixtures("stuck_soon")
def test_a_button_that_was_stuck_before_the_start_records_no_longer_than_it_takes_to_know(world):
    world.kill()
    world.vault.remembered = b""
    world.start(held=("record",))
    world.until(lambda: world.vault.of(wire.OpenRecording))
    world.until(lambda: world.vault.of(wire.CloseRecording))
    assert [each.cause for each in world.vault.of(wire.CloseRecording)] == ["limit"]
    time.sleep(0.3)
    assert len(world.vault.of(wire.OpenRecording)) == 1
    world.until(lambda: world.state() == "ready")
    # A new supervisor finds it down again, and knows.
    world.until(lambda: world.vault.remembered)
    world.kill()
    world.start(held=("record",))
    time.sleep(0.8)
    assert len(world.vault.of(wire.OpenRecording)) == 1
    down(world, "record", False)
    time.sleep(0.3)
    world.press("record")
    world.until(lambda: len(world.vault.of(wire.OpenRecording)) == 2)


def test_the_dock_is_journalled_and_shown(world):
    world.until(lambda: world.state() == "ready")
    down(world, "dock")
    world.until(lambda: unit_notes(world, "docked"))
    world.until(lambda: world.panels[-1].item != "")
    record(world)
    down(world, "dock", False)
    world.until(lambda: unit_notes(world, "undocked"))
    assert events(world, "undocked") == [{}]


def test_a_card_names_the_operator_of_the_next_recording(world):
    world.operators.write_text('[operators]\n"0004512345" = "Captain Ivanov"\n')
    world.until(lambda: world.state() == "ready")
    world.inbox.put(Shown("0004512345", boot_us()))
    world.until(lambda: world.unit.state.operator)
    record(world)
    assert world.vault.of(wire.OpenRecording)[0].operator == "Captain Ivanov (card 0004512345)"
    world.inbox.put(Shown("0001", boot_us()))
    world.until(lambda: events(world, "operator") == [{"operator": "card 0001"}])


def test_a_table_of_operators_that_is_wrong_is_journalled(world):
    world.operators.write_text("[operators")
    world.until(lambda: world.state() == "ready")
    world.inbox.put(Shown("0001", boot_us()))
    world.until(lambda: unit_notes(world, "operators"))
    assert world.unit.state.operator == "card 0001"


class Receiver:
    """A GNSS receiver that says what it is told to."""

    fix: Fix | None = None
    time: Time | None = None
    complaint = ""


def test_positions_stand_in_a_recording_at_its_start_and_before_its_end(world):
    world.kill()
    world.start(gnss=Receiver())
    record(world)
    world.until(lambda: events(world, "position-unknown") == [{}])
    world.gnss.fix = Fix(boot_us(), 511_187_243, 714_353_909, 4000, "gst", 9)
    through_the_opening(world)
    close(world)
    world.until(lambda: world.vault.of(wire.CloseRecording))
    assert [each["lat_e7"] for each in events(world, "position")] == [511_187_243]
    order = [getattr(each, "body", {}).get("code") or type(each).__name__ for each in world.vault.heard]
    assert order.index("position") < order.index("CloseRecording")


def test_a_hot_unit_is_warned_of_and_sealed_in_order(world):
    record(world)
    world.board.warm(Climate(81_000, 90_000, under_voltage=True))
    world.until(lambda: "warning.heat" in world.mouth.said)
    assert [each["band"] for each in events(world, "temperature")][-1] == "hot"
    assert events(world, "under-voltage") == [{}]
    assert not world.vault.of(wire.CloseRecording)
    world.board.warm(Climate(88_000, 90_000))
    world.until(lambda: [each.cause for each in world.vault.of(wire.CloseRecording)] == ["heat"])
    assert unit_notes(world, "heat") == [{}]


def test_power_that_fails_waits_for_no_prompt_and_for_no_capture(world):
    record(world)
    world.capture.answer = lambda *_: None  # it hangs
    edge = time.monotonic()
    down(world, "power-fail")
    world.until(lambda: world.vault.of(wire.CloseRecording))
    assert time.monotonic() - edge < 2.0, "of the three seconds that the board lives on"
    closed = world.vault.of(wire.CloseRecording)[0]
    assert closed.cause == "power"
    assert "end-of-last-stretch" in closed.missing
    assert unit_notes(world, "power-fail") == [{}]


def test_what_of_the_board_does_not_work_is_said_aloud_once_and_journalled(world):
    world.board.complain("red on GPIO 17 can't be used: GPIO busy")
    world.until(lambda: "warning.board" in world.mouth.said)
    world.until(lambda: unit_notes(world, "board"))
    record(world)
    assert unit_notes(world, "board") == [{"complaint": "red on GPIO 17 can't be used: GPIO busy"}]
    assert world.mouth.said.count("warning.board") == 1
