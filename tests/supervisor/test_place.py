from kuager.board.nmea import Fix, Time
from kuager.evidence.records import Stamp
from kuager.supervisor.place import FEED_US, POSITION_US, STALE_US, TIME_US, Comparison, Place, position

S = 1_000_000
ONE, TWO = bytes(16), bytes([1] * 16)
UTC_US = 1_795_324_500_000_000


def fix(at_us: int) -> Fix:
    return Fix(at_us, 511_187_243, 714_353_909, 4000, "gst", 9, 347_500)


def moment(boot: int, state: str = "holdover", off_us: int = 0) -> Stamp:
    return Stamp(boot, UTC_US + boot + off_us, state, 2**52)  # type: ignore[arg-type]


def test_positions_stand_at_the_start_and_each_minute_of_a_recording_only():
    place = Place()
    assert place.due(None, fix(0), 0) is None
    assert place.due(ONE, fix(0), 1).code == "position"
    assert place.due(ONE, fix(0), POSITION_US) is None
    assert place.due(ONE, fix(POSITION_US), POSITION_US + 1).code == "position"
    assert place.due(TWO, fix(POSITION_US), POSITION_US + 2).code == "position"
    assert place.due(None, fix(POSITION_US), 3 * POSITION_US) is None


def test_a_position_is_told_in_integers_with_its_age():
    assert position(fix(5), 5 + S).data == {
        "lat_e7": 511_187_243, "lon_e7": 714_353_909, "accuracy_mm": 4000, "basis": "gst", "satellites": 9,
        "age_us": S, "height_mm": 347_500,
    }  # fmt: skip
    assert "height_mm" not in position(fix(5)._replace(height_mm=None), 5).data


def test_no_position_and_an_old_one_are_told_as_not_known():
    assert position(None, 0).code == "position-unknown"
    assert position(fix(0), STALE_US + 1).code == "position-unknown"


def test_the_clock_is_compared_where_nobody_steers_it():
    compare, time = Comparison(), Time(7 * S, UTC_US + 7 * S)
    assert compare.due(None, time, moment(8 * S, "synchronised")) is None
    assert compare.due(None, None, moment(8 * S)) is None
    found = compare.due(None, time, moment(8 * S, off_us=3 * S))
    # Heard up to a second after its moment, while the clock said three seconds more.
    assert found.data == {"offset_us": -2_500_000, "within_us": 500_000, "utc_us": UTC_US + 7 * S}
    assert compare.due(None, time, moment(9 * S, off_us=3 * S)) is None, "the unit's journal has it"
    assert compare.due(ONE, time, moment(9 * S, off_us=3 * S)) is not None, "the recording has not"
    assert compare.due(ONE, time, moment(10 * S, off_us=3 * S)) is None
    assert compare.due(ONE, time, moment(10 * S, off_us=9 * S)) is not None, "the clock moved"
    late = 9 * S + TIME_US
    assert compare.due(ONE, Time(late, UTC_US + late), moment(late + S, off_us=9 * S)) is not None
    assert compare.due(TWO, time, moment(20 * S)) is None, "what was heard long ago compares nothing"


def test_chronyd_is_fed_now_and_then_but_never_steps_a_clock_under_a_recording():
    compare = Comparison()

    def feed(at: int, recording: bytes | None, state: str) -> int | None:
        return compare.feed(recording, Time(at - S, UTC_US), moment(at, state))

    assert feed(FEED_US, None, "unset") == UTC_US + FEED_US - S
    assert feed(FEED_US + S, None, "unset") is None
    assert feed(3 * FEED_US, ONE, "holdover") is None
    assert feed(3 * FEED_US, ONE, "synchronised") is not None, "a clock that is right is only held so"
    assert compare.feed(None, None, moment(9 * FEED_US)) is None
