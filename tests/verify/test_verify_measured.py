from kuager.catalogue import LANGUAGES
from kuager.catalogue.reading import Reader
from kuager.evidence.records import Event
from kuager.verify.timeline import event

POSITION = {
    "lat_e7": -338_666_667, "lon_e7": 714_353_909, "accuracy_mm": 4000, "basis": "gst", "satellites": 9, "age_us": 5,
}  # fmt: skip
GNSS = {"offset_us": -2_500_000, "within_us": 500_000, "utc_us": 1}


def test_what_was_measured_is_told_in_units_that_people_read():
    words = Reader("en")
    assert event(Event(code="position", data=POSITION), words) == (
        "Position, as the satellite receiver gives it: -33.8666667, 71.4353909, within 4.0 m"
    )
    assert event(Event(code="gnss-time", data=GNSS), words) == (
        "Satellite time less the unit's clock: -2.500 s, known within 0.500 s"
    )
    assert event(Event(code="temperature", data={"celsius": 81, "band": "hot"}), words).endswith("81 °C")


def test_every_event_of_the_board_has_its_sentence():
    events = [
        Event(code="position", data=POSITION), Event(code="position-unknown"), Event(code="gnss-time", data=GNSS),
        Event(code="temperature", data={"celsius": 1, "band": "normal"}), Event(code="under-voltage"),
        Event(code="voltage-well"), Event(code="docked"), Event(code="undocked"), Event(code="power-fail"),
        Event(code="heat"), Event(code="operator", data={"operator": "card 1"}), Event(code="mark-for-record"),
        Event(code="button-stuck", data={"button": "mark"}), Event(code="button-free", data={"button": "mark"}),
    ]  # fmt: skip
    for language in LANGUAGES:
        words = Reader(language)
        told = [event(each, words) for each in events]
        assert not [text for text, each in zip(told, events, strict=True) if text.startswith(each.code)]
        assert not [text for text in told if "{" in text]


def test_other_data_are_told_as_they_were_written():
    words = Reader("en")
    assert event(Event(code="position", data={"lat_e7": "x"}), words) == "position: lat_e7 x"
    assert event(Event(code="gnss-time", data={"offset_us": True}), words).startswith("gnss-time: ")
