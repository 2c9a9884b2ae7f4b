"""Who stands at the virtual board's door is told everything, also what happened last."""

import threading
from pathlib import Path

from kuager import channel, sockets, wire
from kuager.supervisor.door import Door


def test_what_was_told_last_is_heard_before_the_door_closes(tmp_path: Path) -> None:
    door = Door(sockets.path(tmp_path, "board"), lambda _: None)
    heard: list[wire.SealedNotice] = []
    left = threading.Event()
    guest = channel.connect(
        sockets.path(tmp_path, "board"),
        wire.Decoder(wire.FromBoard),
        lambda _, message: heard.append(message),
        lambda _: left.set(),
    )
    guest.start()
    panel = wire.Spoken(prompt="p", text="x" * 1000, at_us=1, duration_us=1)
    while not heard:
        door.tell(panel)  # until the door has let the guest in
    heard.clear()
    for _ in range(2000):
        door.tell(panel)
    door.tell(wire.SealedNotice(name="n", path="/card/n", sha256=bytes(32)))
    door.close()
    assert left.wait(10)
    assert isinstance(heard[-1], wire.SealedNotice)
