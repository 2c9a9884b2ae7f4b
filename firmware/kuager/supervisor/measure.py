"""Takes all measurements of one moment, and says what follows: events for the session, notes for the journals."""

from collections.abc import Callable

from kuager.board.chrony import Feeder
from kuager.evidence.records import Battery, Stamp
from kuager.session import State, events
from kuager.session.events import AnyEvent
from kuager.supervisor import place
from kuager.supervisor.fittings import Fittings
from kuager.supervisor.heat import Heat, Note
from kuager.supervisor.translate import CaptureView, VaultView
from kuager.supervisor.watch import Drain, Rate, Watch, read

BATTERY_US = 60_000_000
_MOST_COMPLAINTS = 32  # that are remembered to have been told

Tell = Callable[[Note, bool], bool]
"""Writes a note, into the open recording where the second value says so, else into the unit's journal. False: nobody
was there to write it."""


class Measures:
    """`positions`: the procedure has them in its recordings."""

    def __init__(
        self,
        fittings: Fittings,
        vault: VaultView,
        capture: CaptureView,
        *,
        positions: bool,
        feeder: Feeder | None = None,
    ) -> None:
        self._fittings, self._vault, self._capture, self._positions = fittings, vault, capture, positions
        self._watch, self._drain, self.rate = Watch(), Drain(), Rate()
        self._heat, self._place, self._comparison = Heat(), place.Place(), place.Comparison()
        self._feeder = feeder or Feeder()
        self._told: set[str] = set()
        self._faulty = False
        self._battery_us = 0

    def events(self, state: State, now: Stamp) -> list[AnyEvent]:
        """What the session must hear of."""
        board, done = self._fittings.board, list[AnyEvent]()
        battery, climate = board.battery(), board.climate()
        left = self._drain.minutes(battery.percent, now.boot_us) if battery and not battery.charging else None
        reading = read(self.minutes_left(state), battery, left, now, self._capture.state, hot=self._heat.hot)
        if self._watch.empties(reading):
            done.append(events.PowerFail(at_us=now.boot_us))
        if self._heat.stops(climate, now.boot_us):
            done.append(events.Heat(at_us=now.boot_us))
        for code, active in self._watch.changes(reading, now.boot_us):
            done.append(events.Warned(at_us=now.boot_us, code=code, active=active))
        faulty = bool(self._faults())
        if faulty != self._faulty:
            self._faulty = faulty
            done.append(events.Warned(at_us=now.boot_us, code="board", active=faulty))
        return done

    def notes(self, state: State, now: Stamp, tell: Tell) -> None:
        """Write down what is due."""
        recording = _open(state)
        climate = self._fittings.board.climate()
        for note in self._heat.notes(climate, now.boot_us, recording=recording is not None):
            tell(note, recording is not None)
        self._complaints(tell)
        gnss = self._fittings.gnss
        if gnss is None:
            return
        if self._positions and (found := self._place.due(recording, gnss.fix, now.boot_us)):
            tell(found, True)
        if compared := self._comparison.due(recording, gnss.time, now):
            tell(compared, False)
            if recording is not None:
                tell(compared, True)
        time = gnss.time
        if time and (at_utc_us := self._comparison.feed(recording, time, now)) is not None:
            self._feeder.send(time, at_utc_us)

    def last(self, now: Stamp, tell: Tell) -> None:
        """Write down what belongs at a recording's end, before it is closed."""
        if self._positions and self._fittings.gnss:
            tell(place.position(self._fittings.gnss.fix, now.boot_us), True)

    def battery_due(self, now: Stamp) -> Battery | None:
        """The battery, where it is time to write it into the recording."""
        battery = self._fittings.board.battery()
        if battery is None or now.boot_us < self._battery_us:
            return None
        self._battery_us = now.boot_us + BATTERY_US
        return battery

    def minutes_left(self, state: State) -> int | None:
        """How many minutes the carrier has room for; None: there is none to record on."""
        carrier = self._vault.state
        if carrier is None or carrier.carrier_state != "ready":
            return None
        return self.rate.minutes(carrier.free_bytes, state.mode == "video")

    def _faults(self) -> tuple[str, ...]:
        # What an officer can tell a technician of. A receiver that hears no satellites is no fault of the unit's.
        card = self._fittings.card
        return (*self._fittings.board.complaints, *((card.complaint,) if card and card.complaint else ()))

    def _complaints(self, tell: Tell) -> None:
        gnss = self._fittings.gnss
        for what in (*self._faults(), gnss.complaint if gnss else ""):
            known = what in self._told or len(self._told) >= _MOST_COMPLAINTS
            if what and not known and tell(Note("board", {"complaint": what[:1000]}), False):
                self._told.add(what)


def _open(state: State) -> bytes | None:
    """The recording that can be written into now."""
    held = state.recording
    return held.id if held else None
