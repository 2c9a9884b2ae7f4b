"""Keeps carrier and unit journal in order around the recordings: recovery when a carrier comes, sealing beside.

All of it runs on the vault's one thread.
"""

import errno
import logging
from collections.abc import Callable

from kuager import wire
from kuager.errors import CarrierError, InputError
from kuager.evidence.records import Body, Cause, Event, Opened, Previous, Stamp
from kuager.evidence.unit import NotRecording, RecordingEnded, RecordingOpened
from kuager.vault.carrier import Bay
from kuager.vault.files import Files
from kuager.vault.finished import Finished
from kuager.vault.identity import Identity
from kuager.vault.recovery import Death
from kuager.vault.restore import End, Met, restore
from kuager.vault.sealing import Sealing, Told, Worker
from kuager.vault.survey import recordings
from kuager.vault.unit_journal import UnitJournal, learn_from

_log = logging.getLogger(__name__)

_ROOM = 1 << 20  # bytes that recovery must find free: without them each try would leave one more torn file


class Keeper:
    """The carrier's and the unit journal's side of the vault."""

    def __init__(
        self,
        bay: Bay,
        journal: UnitJournal,
        identity: Identity,
        worker: Worker,
        clock: Callable[[], Stamp],
        boot: bytes,
    ) -> None:
        self.bay, self.journal, self.identity = bay, journal, identity
        self._boot = boot
        self._seals = Sealing(identity, worker, clock, self._write)
        self.death: Death | None = None
        """The newest recording found dead, until another is opened."""
        self.foreign: list[str] = []
        """Other units that have recordings on the carrier."""
        self._recovered = False
        self._lost: set[bytes] = set()
        self._idle: NotRecording | None = None
        self._copied: tuple[Files, int] | None = None

    @property
    def sealing(self) -> int:
        """Recordings closed by this vault of which it was not yet told whether they are sealed."""
        return self._seals.waiting

    @property
    def next_number(self) -> int:
        """The number of the recording opened next."""
        return self.journal.memory.number + 1

    def started(self, body: Body, now: Stamp) -> None:
        """The vault begins to run."""
        self._write("started", body, now)
        self._idle = NotRecording(since=now, after="start")

    def look(self, now: Stamp) -> None:
        """Once a second: see how the carrier is, recover one that came, bring the journal and its copy up to date."""
        before = self.bay.state
        if self.bay.look(now.boot_us):
            self._recovered = False
        if self.bay.state != before:
            _log.info("the carrier is %s %s", self.bay.state, self.bay.detail)
        if not self._recovered and self.bay.state in ("ready", "full") and self.bay.free >= _ROOM:
            self._recover(now)
        self._seals.look(self.bay.files, now)
        self.journal.flush(now)
        self._copy()

    def prepare(self, now: Stamp) -> None:
        """Make the blank carrier that is in ours, and journal which it was. Raises OSError where that can't be."""
        self.bay.prepare()
        self.look(now)
        device = self.bay.device
        if device is None:
            raise CarrierError(errno.EIO, self.bay.detail)
        told = {"make": device.make, "model": device.model, "serial": device.serial}
        self._write("event", Event(code="carrier-prepared", data={**told}), now)
        self.journal.flush(now)

    def _recover(self, now: Stamp) -> None:
        files = self.bay.files
        assert files is not None
        self._seals.forget()
        try:
            self.foreign = sorted({name.unit for name in recordings(files)} - {self.identity.unit})
            self._learn_from(files)
            for met in restore(files, self.identity, self._boot, self._lost, now):
                self._take(files, met, now)
        except OSError as error:
            _log.warning("the carrier can't be recovered now: %s", error)
            self.bay.fail(error, now.boot_us)
            return
        self._recovered = True
        self.bay.settled()

    def _learn_from(self, files: Files) -> None:
        """From the journal's copies, whatever stands in their place."""
        try:
            known = learn_from(files, self.identity.unit).last
        except OSError as error:
            _log.warning("the copies of the unit's own journal can't be read: %s", error)
            return
        if known is not None and known.number > self.journal.memory.number:
            self.journal.learn(known)

    def _take(self, files: Files, met: Met, now: Stamp) -> None:
        """Set the unit's journal right about a recording on the carrier, and have it sealed in time."""
        memory = self.journal.memory
        if met.end is None:
            memory.number = max(memory.number, met.name.number)
            return
        if met.death and (met.buried or met.name.number >= memory.number):
            self.death = met.death
        previous = met.end.previous
        newest = previous.number > memory.number or (memory.last is not None and previous.id == memory.last.id)
        if met.buried or (newest and memory.last != previous):
            self._ended(met.end, now)
        if met.unsealed is not None:
            self._seals.dead(files, met.unsealed)
        else:
            # A try that was cut short is made again.
            self._seals.verify_by_kernel(files, met.name.text, met.name.number)

    def opened(self, opened: Opened, head: bytes, now: Stamp) -> None:
        """A recording was opened: its number is used up before anybody is told."""
        if self._idle is not None:
            self._write("not-recording", self._idle, now)
            self._idle = None
        body = RecordingOpened(number=opened.number, id=opened.id, name=opened.name, head=head, carrier=opened.carrier)
        self._write("recording-opened", body, now)
        self.journal.learn(Previous(number=opened.number, id=opened.id, head=head))
        self.journal.flush(now)
        self.death = None

    def closed(self, finished: Finished, cause: Cause, now: Stamp, told: Told) -> None:
        """A recording was closed: journal its head and seal it in the background; `told` hears how that went."""
        files = self.bay.files
        assert files is not None
        self._ended(End(finished.summary.opened, finished.head, "closed", cause), now)
        self._idle = NotRecording(since=now, after="closed")
        self._seals.closed(files, finished, told)

    def lost(self, opened: Opened, head: bytes, error: OSError, now: Stamp) -> None:
        """The carrier failed under an open recording, which now waits for recovery."""
        self._lost.add(opened.id)
        self._ended(End(opened, head, "abandoned", "carrier"), now)
        self._idle = NotRecording(since=now, after="abandoned")
        if self.bay.files is not None:
            self.bay.fail(error, now.boot_us)

    def _ended(self, end: End, now: Stamp) -> None:
        opened = end.opened
        body = RecordingEnded(
            number=opened.number, id=opened.id, name=opened.name, head=end.head, ending=end.ending, cause=end.cause
        )
        self._write("recording-ended", body, now)
        self.journal.learn(end.previous)
        self.journal.flush(now)

    def event(self, code: str, data: dict[str, str | int | bool], now: Stamp) -> None:
        """Something for the unit's own journal; raises InputError where it is beyond what a record may hold."""
        self.journal.note("event", Event(code=code, data=data), now)

    def stop(self, now: Stamp) -> None:
        """The vault ends in order."""
        if self._idle is not None:
            self._write("not-recording", self._idle, now)
        self.journal.flush(now)
        self._copy()

    def _write(self, kind: str, body: Body, now: Stamp) -> None:
        try:
            self.journal.note(kind, body, now)
        except InputError as error:
            _log.warning("the unit's own journal: %s", error)

    def _copy(self) -> None:
        files = self.bay.files
        if files is None or self.bay.state != "ready" or self._copied == (files, self.journal.length):
            return
        try:
            self.journal.copy_to(files)
        except OSError as error:
            _log.warning("the unit's own journal can't be copied to the carrier: %s", error)
        self._copied = (files, self.journal.length)


def dead_recording(death: Death) -> wire.DeadRecording:
    """As the supervisor is told."""
    opened = death.found.opened
    assert opened is not None
    return wire.DeadRecording(
        id=opened.id, name=opened.name, number=opened.number, cause=death.cause, until_utc_us=death.until_utc_us
    )
