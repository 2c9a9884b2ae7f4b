"""A webcam on the emulated unit's USB: ``python -m kuager_workshop.emulate.webcam SOCKET``; its end pulls the cable.

Two threads share the connection to QEMU: one answers requests, the other fills transfers that the driver has asked for
with pictures, at their pace. A driver that asks for too little gets fewer pictures, never old ones.
"""

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import click

from kuager.capture.sensors.camera_replay import default_clip
from kuager_workshop.emulate import usbredir, uvc
from kuager_workshop.emulate.pictures import Pictures
from kuager_workshop.emulate.sockets import connect
from kuager_workshop.emulate.usbredir import Packet

SIZES = ((640, 480), (320, 240), (640, 360), (1280, 720))
RATES = (10, 15, 30, 5)

_CONNECT_S = 10.0
_PATIENCE_S = 0.5  # a driver that asks for nothing for so long has stopped streaming
_HEADER = 2  # bytes before each payload: their number, and flags
_END, _FILLED = 0x02, 0x80  # the last payload of a picture; always set


class Webcam:
    """A camera at the end of a connection to QEMU's usb-redir; `pictures` makes the source of what was committed."""

    def __init__(
        self, connection: socket.socket, offer: uvc.Offer, pictures: Callable[[uvc.Chosen], Callable[[int], bytes]]
    ) -> None:
        self._connection, self._pictures = connection, pictures
        self._camera = uvc.Camera(offer, "emulated camera", "E-1")
        self._parser = usbredir.Parser()
        self._asked: deque[tuple[int, int]] = deque()  # transfers waiting: number, bytes
        self._change = threading.Condition()
        self._gone = False
        self.shown = 0

    def run(self) -> None:
        """Plug in, and serve until QEMU hangs up."""
        self._send(usbredir.HELLO, usbredir.hello("kuager webcam"))
        streaming = threading.Thread(target=self._stream, name="stream", daemon=True)
        streaming.start()
        try:
            while got := self._connection.recv(1 << 16):
                for packet in self._parser.feed(got):
                    with self._change:
                        self._take(packet)
        except OSError:
            pass
        with self._change:
            self._gone = True
            self._change.notify_all()
        streaming.join()

    def _send(self, kind: int, body: bytes, number: int = 0) -> None:
        self._connection.sendall(self._parser.pack(kind, body, number))

    def _take(self, packet: Packet) -> None:
        kind, number, body = packet
        if kind == usbredir.HELLO:
            self._send(usbredir.INTERFACES, usbredir.interfaces(uvc.INTERFACES))
            self._send(usbredir.ENDPOINTS, usbredir.endpoints(uvc.ENDPOINT, uvc.PACKET, interface=1))
            identity = (uvc.VENDOR, uvc.PRODUCT, uvc.RELEASE)
            self._send(usbredir.CONNECT, usbredir.connect(uvc.DEVICE_CLASS, *identity))
        elif kind == usbredir.SET_CONFIGURATION:
            self._send(usbredir.CONFIGURATION, bytes([usbredir.OK, body[0]]), number)
        elif kind == usbredir.GET_CONFIGURATION:
            self._send(usbredir.CONFIGURATION, bytes([usbredir.OK, 1]), number)
        elif kind == usbredir.SET_ALTERNATE:
            self._send(usbredir.ALTERNATE, bytes([usbredir.OK, body[0], body[1]]), number)
        elif kind == usbredir.GET_ALTERNATE:
            self._send(usbredir.ALTERNATE, bytes([usbredir.OK, body[0], 0]), number)
        elif kind == usbredir.CONTROL:
            asked = usbredir.control(body)
            answer = self._camera.control(asked.setup, asked.data)
            self._send(usbredir.CONTROL, usbredir.control_answer(asked, answer), number)
        elif kind == usbredir.BULK:
            self._asked.append((number, usbredir.bulk(body).length))
            self._change.notify_all()
        elif kind == usbredir.CANCEL:
            self._cancel(number)

    def _cancel(self, number: int) -> None:
        for each in [each for each in self._asked if each[0] == number]:
            self._asked.remove(each)
            self._send(usbredir.BULK, usbredir.bulk_answer(uvc.ENDPOINT, usbredir.CANCELLED), number)

    def _stream(self) -> None:
        chosen: uvc.Chosen | None = None
        picture: Callable[[int], bytes] = lambda _: b""  # noqa: E731
        begin = due = 0.0
        toggle = 0
        while self._wait_asked(None):
            now = time.monotonic()
            if chosen is not self._camera.committed:
                chosen = self._camera.committed
                picture = self._pictures(chosen)
                begin = due = time.monotonic()
            if now < due:
                time.sleep(due - now)
            due = max(due + chosen.interval / 1e7, time.monotonic() - chosen.interval / 1e7)
            if self._show(picture(int((time.monotonic() - begin) * 1e6)), toggle):
                self.shown += 1
            toggle ^= 1

    def _show(self, picture: bytes, toggle: int) -> bool:
        view, at = memoryview(picture), 0
        while at < len(view):
            if not self._wait_asked(_PATIENCE_S):
                return False
            with self._change, contextlib.suppress(OSError):
                if not self._asked:
                    continue
                number, length = self._asked.popleft()
                piece = view[at : at + min(length, uvc.PAYLOAD) - _HEADER]
                at += len(piece)
                flags = _FILLED | toggle | (_END if at >= len(view) else 0)
                data = bytes([_HEADER, flags]) + piece
                self._send(usbredir.BULK, usbredir.bulk_answer(uvc.ENDPOINT, usbredir.OK, data), number)
        return True

    def _wait_asked(self, timeout_s: float | None) -> bool:
        with self._change:
            return self._change.wait_for(lambda: self._gone or bool(self._asked), timeout_s) and not self._gone


@click.command()
@click.argument("sock", type=click.Path(path_type=Path))
@click.option("--clip", type=click.Path(path_type=Path), help="Default: the real clip that set-up installs.")
@click.option("--format", "formats", multiple=True, type=click.Choice(list(uvc.FORMATS)), default=["i420", "yuy2"])
@click.option("--rate", type=click.IntRange(1, 60), default=RATES[0], show_default=True, help="Pictures a second.")
def main(sock: Path, clip: Path | None, formats: tuple[str, ...], rate: int) -> None:
    """Plug a webcam into the emulated unit whose camera socket is SOCK, until it goes."""
    played = clip or default_clip()
    rates = (rate, *(each for each in RATES if each != rate))
    offer = uvc.Offer(tuple(uvc.FORMATS[name] for name in formats), SIZES, rates)
    with connect(sock, _CONNECT_S) as connection:
        connection.settimeout(None)
        webcam = Webcam(connection, offer, lambda chosen: Pictures(played, chosen.size, chosen.format).at)
        webcam.run()
    click.echo(f"{webcam.shown} pictures")


if __name__ == "__main__":
    main()
