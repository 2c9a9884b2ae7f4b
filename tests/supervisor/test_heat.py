from kuager.board import Climate
from kuager.supervisor.heat import EVERY_US, SURE_US, Heat, Note

S = 1_000_000


def at(celsius: float, critical: int | None = 90, under: bool | None = None) -> Climate:
    return Climate(round(celsius * 1000), critical * 1000 if critical else None, under)


def bands(heat: Heat, *celsius: float, critical: int | None = 90) -> list[object]:
    notes = [heat.notes(at(each, critical), n * S, recording=False) for n, each in enumerate(celsius)]
    return [note.data["band"] for each in notes for note in each]


def test_bands_begin_and_are_left_lower():
    heat = Heat()
    assert bands(heat, 40, 69.9, 70, 66, 65.1, 64.9, 80) == ["warm", "normal", "hot"]
    assert heat.hot
    assert bands(heat, 75.1, 74.9) == ["warm"]
    assert not heat.hot


def test_the_processors_own_limit_decides_when_to_stop():
    assert bands(Heat(), 86.9, 87.0) == ["hot", "critical"]
    assert bands(Heat(), 94.9, 95.0, critical=110) == ["hot", "critical"]
    assert bands(Heat(), 94.9, 95.0, critical=None) == ["hot", "critical"]


def test_a_stop_is_told_once_when_it_lasts_and_again_after_it_cooled():
    heat, now = Heat(), 0

    def goes(celsius: float, seconds: int) -> int:
        nonlocal now
        count = 0
        for _ in range(seconds * 4):
            now += S // 4
            heat.notes(at(celsius), now, recording=True)
            count += heat.stops(at(celsius), now)
        return count

    assert goes(88, SURE_US // S - 1) == 0
    assert goes(60, 1) == 0
    assert goes(88, 60) == 1, "a press after that records again"
    assert goes(83, 60) == 0
    assert goes(70, 1) == 0
    assert goes(88, 60) == 1


def test_a_recording_has_the_temperature_now_and_then_and_the_units_journal_only_changes():
    heat = Heat()
    assert heat.notes(at(50.4), 0, recording=False) == []
    first = heat.notes(at(50.4), 1, recording=True)
    assert first == [Note("temperature", {"celsius": 50, "band": "normal"})]
    assert heat.notes(at(51), EVERY_US, recording=True) == []
    assert heat.notes(at(51), EVERY_US + 1, recording=True) == [Note("temperature", {"celsius": 51, "band": "normal"})]


def test_under_voltage_is_told_when_it_changes():
    heat, codes = Heat(), []
    for alarm in (None, False, True, True, None, False):
        codes += [note.code for note in heat.notes(Climate(None, None, alarm), 0, recording=True)]
    assert codes == ["under-voltage", "voltage-well"]


def test_what_is_not_known_changes_nothing():
    heat = Heat()
    assert heat.notes(Climate(), 0, recording=True) == []
    assert not heat.stops(Climate(), 10 * S)
