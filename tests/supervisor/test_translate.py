"""What vault and capture say, as events: pure."""

import pytest

from kuager import wire
from kuager.session import events
from kuager.supervisor.translate import CaptureView, VaultView, dead

ID = bytes(range(16))


def state(carrier: str = "ready", **fields) -> wire.VaultState:
    return wire.VaultState(unit="KZ0417", next_number=8, carrier_state=carrier, **fields)


def kinds(found) -> list[str]:
    return [type(event).__name__ for event in found]


def test_a_carrier_comes_goes_and_fills():
    view = VaultView()
    assert kinds(view.heard(state("missing"), 1, 1)) == ["CarrierLost"]
    assert kinds(view.heard(state("missing"), 2, 1)) == []
    assert kinds(view.heard(state(), 3, 1)) == ["VaultReady"]
    assert kinds(view.heard(state(), 4, 1)) == []
    assert kinds(view.heard(state("failed", carrier_detail="it broke"), 5, 1)) == ["CarrierLost"]
    assert kinds(view.heard(state(), 6, 1)) == ["CarrierBack"]
    assert kinds(view.lost(8)) == ["VaultLost"]
    assert view.next_number == 8
    assert kinds(view.heard(state(), 9, 1)) == ["VaultReady"]


def test_a_carrier_that_is_not_ours_is_told_whenever_one_comes():
    view = VaultView()
    told: list[str] = []
    for at, carrier in enumerate(("missing", "blank", "blank", "missing", "foreign", "ready", "blank", "ready")):
        for event in view.heard(state(carrier), at, 1):
            told.append(event.unfit if isinstance(event, events.CarrierLost) else type(event).__name__)
    assert told == ["", "blank", "", "foreign", "VaultReady", "blank", "CarrierBack"]
    view.heard(wire.VaultTrouble(ended=ID, code="x", reason="r"), 8, 1)
    assert kinds(view.heard(state("blank"), 9, 1)) == ["CarrierLost"]
    view.lost(10)
    (again,) = view.heard(state("blank"), 11, 1)
    assert isinstance(again, events.CarrierLost)
    assert again.unfit == "blank"


def test_a_carrier_that_could_not_be_prepared_is_told():
    found = VaultView().heard(wire.VaultTrouble(code="not-prepared", reason="r" * 1000), 1, 1)
    assert found == [events.PrepareFailed(at_us=1, reason="r" * 200)]


def test_a_full_carrier_takes_the_end_of_what_is_open_and_nothing_new():
    view = VaultView()
    view.heard(state(open_id=ID), 1, 1)
    assert kinds(view.heard(state("full", open_id=ID), 2, 1)) == ["CarrierFull"]
    request = view.close_request(ID)
    assert kinds(view.heard(state("full"), 3, 1)) == []
    sealed = wire.Sealed(request=request, id=ID, name="n", path="/c/n", sha256=bytes(32), files=1, bytes=1)
    assert kinds(view.heard(sealed, 4, 1)) == ["Sealed"]
    assert kinds(view.heard(state("full"), 5, 1)) == ["CarrierLost"]
    assert kinds(view.heard(state("full"), 6, 1)) == []
    assert kinds(view.heard(state(), 7, 1)) == ["CarrierBack"]
    assert kinds(view.lost(8)) == ["VaultLost"]
    assert kinds(view.heard(state("full"), 9, 1)) == ["CarrierLost", "CarrierFull"]


def test_only_the_answer_to_the_newest_request_opens():
    view = VaultView()
    old, new = view.open_request(), view.open_request()
    assert view.heard(wire.Opened(request=old, id=ID, name="n", number=8, path="/c"), 1, 1) == []
    (opened,) = view.heard(wire.Opened(request=new, id=ID, name="n", number=8, path="/c"), 2, 1)
    assert opened == events.Opened(at_us=2, id=ID, number=8)
    assert view.heard(wire.Opened(request=new, id=ID, name="n", number=8, path="/c"), 3, 1) == []


def test_trouble_is_told_to_whom_it_concerns():
    view = VaultView()
    opening, sealing = view.open_request(), view.close_request(ID)
    trouble = {"code": "x", "reason": "r" * 1000}
    assert kinds(view.heard(wire.VaultTrouble(request=opening, **trouble), 1, 1)) == ["OpenFailed"]
    (failed,) = view.heard(wire.VaultTrouble(request=sealing, **trouble), 1, 1)
    assert failed == events.SealFailed(at_us=1, id=ID, reason="r" * 200)
    assert kinds(view.heard(wire.VaultTrouble(ended=ID, **trouble), 1, 1)) == ["CarrierLost"]
    assert view.heard(wire.VaultTrouble(**trouble), 1, 1) == []


def test_a_dead_recordings_age_is_never_negative():
    found = wire.DeadRecording(id=ID, name="n", number=7, cause="power", until_utc_us=5_000)
    known = dead(found, 8_000)
    assert known is not None
    assert known.age_us == 3_000
    assert dead(found, 1_000) == events.Dead(number=7, cause="power", until_utc_us=5_000, age_us=0)
    assert dead(None, 1) is None


@pytest.mark.parametrize(("width", "streams"), [(1280, ("video", "sound")), (0, ("sound",))])
def test_a_capture_that_records_already(width, streams):
    view = CaptureView()
    (back,) = view.heard(wire.CaptureState(at_us=1, width=width, take=3, recording=ID), 1)
    assert back == events.CaptureBack(at_us=1, recording=ID, streams=streams)
    assert view.heard(wire.CaptureState(at_us=2), 2) == []


def test_a_failing_microphone_records_no_sound_until_it_is_well():
    view, streams = CaptureView(), ["video", "sound"]
    started = wire.TakeStarted(take=2, recording=ID, first_us=1, streams=["sound"], cause="camera")

    def told(message: wire.Message) -> tuple[str, ...] | None:
        (event,) = view.heard(message, 1)
        return event.streams

    assert told(wire.Trouble(part="microphone", well=False, at_us=1, streams=streams)) == ("video",)
    assert told(wire.Trouble(part="camera", well=False, at_us=1, streams=["sound"])) == ()
    assert told(started) == ()
    assert told(wire.Trouble(part="encoder", well=False, at_us=1)) is None
    assert told(wire.Trouble(part="microphone", well=True, at_us=1, streams=streams)) == ("video", "sound")
    assert told(started) == ("sound",)
