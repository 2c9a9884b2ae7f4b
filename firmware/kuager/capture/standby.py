"""What is burned in and heard while nothing is recorded, and the change from there to a recording and back."""

from collections.abc import Callable

from kuager import wire
from kuager.capture.camerawatch import CameraWatch
from kuager.capture.orders import Orders
from kuager.capture.starts import Plan


class StandBy:
    """`open_line` and `close_line` say whether what is heard may be encoded (`open_line`: since when)."""

    def __init__(
        self,
        orders: Orders,
        camera: CameraWatch,
        open_line: Callable[[int], None],
        close_line: Callable[[], None],
    ) -> None:
        self.orders = orders
        self._camera = camera
        self._open_line, self._close_line = open_line, close_line
        self.asked: wire.Standby | None = None
        """What the supervisor asked for last; it may wait until a recording is over."""
        self.since_us = 0
        """No pre-roll reaches back before this."""

    @property
    def pre_roll_us(self) -> int:
        """How long before a press pictures are kept."""
        return self.asked.pre_roll_us if self.asked else 0

    def enter(self, now_us: int) -> None:
        """Nothing is recorded: label pictures so, and be ready for what was asked."""
        orders, asked = self.orders, self.asked
        orders.standby = True
        if asked is None:
            return
        if asked.pre_roll_sound:
            self._open_line(now_us)
        else:
            self._close_line()
        if orders.number != asked.number:
            orders.key_from_us, orders.key = now_us, True
        was_on = orders.camera
        orders.unit, orders.number, orders.training = asked.unit, asked.number, asked.training
        orders.mode = asked.mode
        self._expect_camera(was_on, now_us)

    def leave(self, start: wire.StartTake, now_us: int) -> None:
        """A recording begins: label pictures so, and let go on what was heard since the press."""
        orders = self.orders
        was_on = orders.camera
        if orders.standby:  # else pictures that wait for the encoder belong to what goes on being recorded
            orders.since_us = start.since_us
        orders.key_from_us = start.since_us
        orders.number, orders.mode, orders.standby, orders.key = start.number, start.mode, False, True
        self._expect_camera(was_on, now_us)
        self._open_line(start.since_us)

    def over(self, now_us: int) -> None:
        """A recording is over. What was heard or seen up to now belongs to no pre-roll."""
        self.since_us = now_us
        self.orders.key_from_us, self.orders.key = now_us, True
        self.enter(now_us)

    def plan(self, start: wire.StartTake, not_before_us: int) -> Plan:
        """The take that this order means."""
        return Plan(
            start.cause,
            start.since_us,
            pre_roll_us=self.pre_roll_us,
            pre_roll_sound=bool(self.asked and self.asked.pre_roll_sound),
            resume=start.resume,
            not_before_us=not_before_us,
        )

    def _expect_camera(self, was_on: bool, now_us: int) -> None:
        if self.orders.camera and not was_on:
            self._camera.wanted(now_us)
