"""What the scenarios share: a unit with camera and carrier, the officer's hands, and looks at what is recorded.

The unit has no screen: like an officer, the tests go by light and voice, and by what stands in the journal on the
carrier, which is read through the guest while it is being written.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509

from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import Record, iterate
from kuager.evidence.records import BODIES
from kuager.evidence.verdict import Outcome, Verdict
from kuager.procedure import MENU, Item, pack
from kuager.verify.recording import judge
from kuager_workshop.emulate import EmulatorError, carrier
from kuager_workshop.emulate.panel import Light
from kuager_workshop.emulate.unit import EmulatedUnit

SLOW = 25.0
"""Seconds of patience for one second of the firmware's own work: so much slower is the emulated machine."""

ANSWER_S = 60.0
RATE = 4
ANSWERED_S = 1.0
UNITS = ("kuager-vault", "kuager-sealer", "kuager-capture", "kuager-supervisor")
_PACK = pack("kz-2012-68")


def green(light: Light) -> bool:
    """Ready."""
    return light.near((0, 1, 0))


def red(light: Light) -> bool:
    """Recorded and safe."""
    return light.near((1, 0, 0))


class World:
    """One emulated unit in a test's hands."""

    def __init__(self, unit: EmulatedUnit, folder: Path) -> None:
        self.unit, self.folder = unit, folder
        self.image = folder / "carrier.img"

    # before a session

    def prepare(self, *, kind: carrier.Kind = "kuager", size: int | None = None) -> None:
        """A new carrier, and the camera."""
        self.unit.insert_carrier(carrier.make(self.image, kind, size))
        self.plug_camera()

    def plug_camera(self) -> None:
        """A webcam that gives no more pictures than this slow machine encodes."""
        self.unit.plug_camera(rate=RATE)

    def start(self) -> None:
        """The firmware, as at boot."""
        self.do("systemctl start --no-block kuager.target")

    def restart(self) -> None:
        """The firmware anew: until its supervisor is another process, the light is that of the one before."""
        process = "systemctl show -P MainPID kuager-supervisor"
        before = self.do(process)
        self.do("systemctl restart kuager.target", 300)
        self.until(lambda: self.do(process) not in (before, "0\n"), 6 * SLOW, "another supervisor")

    def ready(self, timeout_s: float = 8 * SLOW) -> None:
        """Wait for the ready light."""
        self.light(green, timeout_s)

    def is_ready(self) -> bool:
        """Whether the ready light shines now."""
        try:
            self.unit.wait_light(green, ANSWER_S / 4)
        except EmulatorError:
            return False
        return True

    # looking

    def do(self, command: str, timeout_s: float = 60.0) -> str:
        """A command in the guest that must succeed; its output."""
        done = self.unit.shell(command, timeout_s)
        assert done.code == 0, f"{command}: {done.out}"
        return done.out

    def light(self, seen: Callable[[Light], bool], timeout_s: float = ANSWER_S) -> Light:
        """Wait for a light; what the processes said stands in the failure."""
        try:
            return self.unit.wait_light(seen, timeout_s)
        except EmulatorError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None

    def log(self) -> str:
        """The end of what the processes printed, and of what stands in the newest recording's journal."""
        said = self.unit.shell("journalctl -b -o short-monotonic --no-pager -u 'kuager*' | tail -n 80").out
        told = [record for record in self.records() if record.type not in ("chunk", "checkpoint")][-40:]
        vault = "/proc/$(systemctl show -P MainPID kuager-vault)"
        mounts = f"lsblk; grep /media/ /proc/self/mountinfo; echo; grep /media/ {vault}/mountinfo"
        said += self.unit.shell(f"{mounts}; ls -l {vault}/fd; ls -la /media/*; cat /run/kuager/slot/*").out
        told += self.unit_records()[-20:]
        return said + "\n".join(f"{each.stamp.boot_us / 1e6:.3f} {each.type} {each.body}" for each in told)

    def until(self, so: Callable[[], Any], timeout_s: float = ANSWER_S, what: str = "") -> Any:
        """Wait until something is so; gives what it gave."""
        end = time.monotonic() + timeout_s
        while not (answer := so()):
            if time.monotonic() > end:
                raise AssertionError(f"{what or so} did not come within {timeout_s:g} s\n{self.log()}")
            time.sleep(0.3)
        return answer

    # the sandbox, from inside

    def put_probe(self, program: bytes, sealed: str) -> None:
        """Make, beside each unit, one that runs this program in the same sandbox."""
        self.unit.put(program, "/usr/share/kuager/probe.py")
        run = "/run/systemd/system"
        for unit in UNITS:
            probe, own = f"{unit}-probe", f"/usr/lib/systemd/system/{unit}.service"
            gone = " ".join(f"-e '/^{key}/d'" for key in ("Exec", "Watchdog", "Restart", "Type=", "PartOf="))
            self.do(
                f"mkdir -p {run} && sed {gone} {own} > {run}/{probe}.service && rm -rf {run}/{probe}.service.d && "
                f"cp -rL {own}.d {run}/{probe}.service.d && "
                f"printf '[Service]\\nType=oneshot\\nStandardOutput=file:/run/{probe}\\nExecStart=/usr/bin/python3 "
                f"/usr/share/kuager/probe.py /media/kuager/{sealed}\\n' > {run}/{probe}.service.d/zz.conf"
            )
        self.do("systemctl daemon-reload")

    def probe(self, unit: str) -> str:
        """What the program found there."""
        self.do(f"systemctl start {unit}-probe", 120)
        return self.do(f"cat /run/{unit}-probe")

    # the journal of the newest recording, while it is written

    def newest(self) -> str:
        """The folder of the newest recording on the carrier; empty where there is none."""
        names = self.unit.shell("cd /media/kuager && ls -d KZ0417-*Z 2>/dev/null | tail -n 1").out
        return names.strip()

    def records(self, name: str = "") -> list[Record]:
        """All whole records of a recording's journals, in order."""
        name = name or self.newest()
        files = self.unit.shell(f"ls /media/kuager/{name}/journal-*.cborseq 2>/dev/null").out.split() if name else []
        found: list[Record] = []
        for file in files:
            found += whole(self.unit.get(file), found[-1] if found else None)
        return found

    def bodies(self, kind: str, name: str = "") -> list[Any]:
        """The bodies of one type of record."""
        return [record.typed(BODIES) for record in self.records(name) if record.type == kind]

    def events(self, code: str = "", name: str = "") -> list[Any]:
        """Events of the recording, of one code or all."""
        return [event for event in self.bodies("event", name) if code in ("", event.code)]

    def unit_events(self, code: str) -> list[Any]:
        """Events of the unit's own journal."""
        events = (record.body for record in self.unit_records() if record.type == "event")
        return [event for event in events if event.get("code") == code]

    def unit_records(self) -> list[Record]:
        """The unit's own journal, from its state."""
        files = self.unit.shell("ls /var/lib/kuager/*/unit-*.cborseq 2>/dev/null").out.split()
        return [record for file in files for record in whole(self.unit.get(file))]

    # a session

    def begin(self) -> str:
        """Press record, wait for the red light; the new recording's folder."""
        before = self.newest()
        self.unit.press("record")
        self.light(red, 6 * SLOW)
        return str(self.until(lambda: (name := self.newest()) != before and name, what="a new recording"))

    def photograph(self, press: Callable[[], None]) -> None:
        """Press for a photograph until the journal has it: where none could be taken, the officer presses again."""
        for _ in range(3):
            press()
            end = time.monotonic() + ANSWER_S / 2
            while time.monotonic() < end:
                if self.bodies("photo"):
                    return
                time.sleep(0.3)
        raise AssertionError(f"the photograph did not come\n{self.log()}")

    def opening(self) -> None:
        """Answer what is asked for at the opening."""
        # The menu offers an interrogation first, which needs no witnesses; and no operator is stated.
        self._answer(tuple(item for item in _PACK.opening if item.when == "always"))

    def end(self) -> str:
        """Hold record, answer the closing questions, confirm; the sealed recording's folder."""
        name = self.newest()
        self.unit.hold("record")
        self._answer(_PACK.closing)
        self.sealed(name)
        return name

    def sealed(self, name: str, timeout_s: float = 4 * SLOW) -> None:
        """Wait until the recording is sealed."""
        last = f"/media/kuager/{name}/manifest.sig"
        self.until(lambda: self.unit.shell(f"test -s {last}").code == 0, timeout_s, "the seal")

    def _answer(self, items: tuple[Item, ...]) -> None:
        """Step through a dialogue as its chapters come: a person's item by mark, a confirmation by record."""
        for item in items:
            self.until(partial(self._asked, item), 4 * ANSWER_S, f"the item {item.id}")
            if item.confirms or item.id == MENU:
                time.sleep(ANSWERED_S)
                self.unit.press("record")
            elif item.speaker != "unit":
                time.sleep(ANSWERED_S)
                self.unit.press("mark")

    def _asked(self, item: Item) -> bool:
        return any(chapter.item == item.id for chapter in self.bodies("chapter"))

    # afterwards

    def carried(self) -> Path:
        """What is on the carrier, read from its image as after it was pulled."""
        place = self.folder / "carried"
        shutil.rmtree(place, ignore_errors=True)
        self.unit.shell("sync -f /media/kuager")
        carrier.read(self.image, place)
        return place

    def authority(self) -> list[x509.Certificate]:
        """The development authority that the unit made for itself."""
        pem = self.unit.get("/var/lib/kuager/authority/ca.pem")
        return x509.load_pem_x509_certificates(pem)

    def proven(self, name: str, place: Path | None = None) -> bool:
        """Whether all that was recorded is authentic, and its end there.

        On so slow a machine a closing question may be put while nothing is recorded: the recording declares that.
        """
        place = place or self.carried()
        verdict = self.verdict(name, place)
        lacks = {lack for closed in self.bodies("closed", name) for lack in closed.missing}
        declared = verdict.outcome is Outcome.ENDS_EARLY and lacks == {"closing-dialogue-not-recorded"}
        if not (verdict.outcome is Outcome.AUTHENTIC or declared):
            raise AssertionError(f"{verdict}, without {lacks}\n{self.log()}")
        return True

    def verdict(self, name: str, place: Path | None = None) -> Verdict:
        """Judge a recording on the host."""
        return judge((place or self.carried()) / name, self.authority()).verdict


def whole(data: bytes, after: Record | None = None) -> Iterator[Record]:
    """The whole records at the begin of a journal that may be growing; `after`: the last one of the file before."""
    try:
        yield from iterate(data, after.seq + 1, after.digest) if after else iterate(data)
    except MalformedError:
        return
