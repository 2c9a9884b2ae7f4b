"""The bare encoder: the recorder's own encoder and settings, packets thrown away. What everything is compared with."""

import sys
from fractions import Fraction

from kuager.capture.encoder import VideoEncoder
from kuager.clock import boot_us
from kuager_workshop.bench.raw import Form, pictures


def main() -> None:
    """Arguments: a Form."""
    form = Form.parse(sys.argv[1:])
    encoder = VideoEncoder(form.width, form.height, Fraction(form.rate), form.preset, form.crf)
    for frame in pictures(form):
        encoder.encode(frame, boot_us())


if __name__ == "__main__":
    main()
