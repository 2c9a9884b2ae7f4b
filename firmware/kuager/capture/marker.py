"""What is burned into every picture that is encoded, whoever encodes it: cell strip, time, unit, number, state.

The frame counter counts over capture's whole life, whichever camera and encoder come and go.
"""

from collections.abc import Callable

from kuager import clock
from kuager.capture.orders import Orders
from kuager.capture.overlay import Label, Overlay, planes
from kuager.capture.picturewatch import PictureWatch
from kuager.capture.sensors import Marked, Picture
from kuager.media.mark import FrameMark, unit_bits


class Marker:
    """Used by one thread at a time: the encoder's, or the loop of a camera that encodes its pictures itself.

    `burned` sees each picture as it will be encoded; it must not keep its frame.
    """

    def __init__(self, orders: Orders, burned: Callable[[Picture], None] = lambda _: None) -> None:
        self._orders, self._burned = orders, burned
        self.watch = PictureWatch()
        self._clock = clock.Clock()
        self._frame = 0
        self._overlay: Overlay | None = None

    def burn(self, picture: Picture) -> Marked:
        """Draw on the picture's frame (yuv420p, lines of any length), and count it."""
        frame, orders = picture.frame, self._orders
        if self.watch.due(picture.boot_us):
            self.watch.look(planes(frame)[0], picture.boot_us)
        if self._overlay is None or self._overlay.size != (frame.width, frame.height):
            self._overlay = Overlay(frame.width, frame.height)
        unit, number, standby = orders.unit, orders.number, orders.standby_at(picture.boot_us)
        mark = FrameMark(unit_bits(unit), number, self._frame, picture.utc_us // 1000)
        self._overlay.draw(frame, mark, Label(unit, number, self._clock.now().state, standby, orders.training))
        self._burned(picture)
        self._frame += 1
        return Marked(mark, standby, orders.take_key(picture.boot_us))


class InCamera:
    """The Burner of a camera that encodes its pictures itself: chooses among them as the reader does elsewhere."""

    def __init__(self, orders: Orders, marker: Marker) -> None:
        self._orders, self._marker = orders, marker
        self._count = 0

    @property
    def encoding(self) -> bool:
        """See Burner."""
        return self._orders.mode == "video"

    def burn(self, picture: Picture) -> Marked | None:
        """See Burner: every `divisor`-th picture is encoded."""
        self._count += 1
        return None if self._count % self._orders.divisor else self._marker.burn(picture)
