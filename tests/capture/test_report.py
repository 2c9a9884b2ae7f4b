"""What is told of a microphone, and to whom."""

from kuager.capture.report import Report
from kuager.capture.soundline import SoundLine


def test_who_joins_later_hears_of_a_microphone_that_failed_before() -> None:
    line = SoundLine(lambda item: None, lambda: 0, 0)
    report = Report(0)
    assert report.microphone(1_000_000, line, []) is None, "it may still be about to begin"
    trouble = report.microphone(4_000_000, line, ["video", "sound"])
    assert trouble
    assert (trouble.part, trouble.well, trouble.streams) == ("microphone", False, ["video", "sound"])
    assert report.microphone(5_000_000, line, []) is None
    report.joined()
    again = report.microphone(6_000_000, line, [])
    assert again
    assert not again.well
