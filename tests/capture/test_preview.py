"""Pictures for those who watch: as often as is right, and never at a recording's cost."""

import threading

import av
from pipeline_world import picture

from kuager import wire
from kuager.capture.preview import EVERY_US, Preview
from kuager.capture.sensors import Picture


def show(*times_us: int, watched: bool = True) -> list[wire.Preview]:
    """What is shown of pictures taken at these moments, each given time to be made."""
    shown: list[wire.Preview] = []
    made, stop = threading.Event(), threading.Event()

    def keep(preview: wire.Preview) -> None:
        shown.append(preview)
        made.set()

    preview = Preview(lambda: watched, keep)
    thread = threading.Thread(target=preview.run, args=(stop,))
    thread.start()
    for at_us in times_us:
        made.clear()
        preview.offer(picture(at_us))
        made.wait(0.3)
    stop.set()
    thread.join(10)
    return shown


def test_one_is_made_each_half_second_at_most_and_none_where_nobody_watches() -> None:
    times = (1_000_000, 1_200_000, 1_000_000 + EVERY_US, 2_000_000)
    assert [each.at_us for each in show(*times)] == [1_000_000, 1_000_000 + EVERY_US, 2_000_000]
    assert show(*times, watched=False) == []


def test_one_that_can_not_be_made_harms_nothing() -> None:
    shown: list[wire.Preview] = []
    preview = Preview(lambda: True, shown.append)

    class Broken:
        width, height = 640, 360

        def reformat(self, *_: object) -> av.VideoFrame:
            raise av.error.ExternalError(1, "no memory")

    preview.offer(Picture(Broken(), 1_000_000, 0))  # type: ignore[arg-type]
    assert preview._waiting.empty()
    preview.offer(picture(2_000_000))
    assert preview._waiting.full()
    preview.offer(picture(3_000_000))  # the last one is not finished: left out, not waited for
