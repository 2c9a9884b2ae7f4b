"""The pictures that every contender gets: the real clip of set-up, scaled, forwards and backwards, held in memory."""

from itertools import cycle, islice

import av

from kuager.capture.sensors.camera_replay import default_clip
from kuager_workshop.bench.raw import Form


def pictures(form: Form, count: int) -> list[bytes]:
    """So many raw yuv420p pictures; each picture of the clip is held once."""
    with av.open(str(default_clip())) as container:
        decoded = [
            frame.reformat(form.width, form.height, "yuv420p").to_ndarray().tobytes()
            for frame in islice(container.decode(video=0), count)
        ]
    # Backwards after forwards, so that no cut disturbs the encoder.
    return list(islice(cycle(decoded + decoded[-2:0:-1]), count))
