"""Camera and microphone fail in every way: what works is recorded, and what is missing declared.

A case is ``FAULT/MOMENT``; pictures are marked and encoded by the firmware itself, and are looked at afterwards.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from kuager.evidence.records import Gap
from kuager.verify import frames
from kuager_workshop.torture import officer, story
from kuager_workshop.torture.aftermath import Aftermath
from kuager_workshop.torture.campaign import Finding, Size, expect
from kuager_workshop.torture.simulated.capture import CapturePlan
from kuager_workshop.torture.story import Story

_CASES: dict[Size, int] = {"short": 78, "full": 780}
_LOST_S = 5.0
_WORST_DRIFT_PPM = 500


class Sensors:
    """The campaign."""

    title = "camera and microphone missing, stalled, mute, spoilt, drifting"

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """Each kind as often as the others."""
        return story.spread(dict.fromkeys(_FAULTS, 20), _CASES[size], seed)

    def play(self, case: str, folder: Path) -> Finding:
        """A session in which it happens."""
        fault, moment = case.split("/")
        early, wrong, after = _FAULTS[fault]
        plan = CapturePlan(encodes=True, seed=int(moment), faults=early)

        def play(told: Story) -> None:
            if early:
                officer.ready(told.unit)
                officer.begin(told.unit, partly=True)
            told.unit.run(int(moment) / 10)
            wrong(told)

        def look(told: Story, left: Aftermath) -> None:
            after(told, left)
            for each in left.recordings:
                found = [finding.code for finding in frames.look(each.judged)]
                expect(not {"K801", "K803", "K805"} & set(found), f"{each.name}: pictures break {', '.join(found)}")

        return story.play("sensors", case, folder, play, look, capture=plan, begins=not early, whole=False)


Wrong = Callable[[Story], None]
After = Callable[[Story, Aftermath], None]


def _rig(*faults: str, back: str = "", seconds: float = _LOST_S) -> Wrong:
    def play(told: Story) -> None:
        for fault in faults:
            told.unit.tell("capture", "rig", fault)
        told.unit.run(seconds)
        if back:
            for each in back.split():
                told.unit.tell("capture", "rig", each)
            told.unit.run(4.0)

    return play


def _nothing(_: Story, __: Aftermath) -> None:
    """No more than all have in common."""


def _told(*beginnings: str, streams: str = "") -> After:
    """The officer heard of it, and `streams` were recorded meanwhile."""

    def look(told: Story, left: Aftermath) -> None:
        story.expect_told(told, *beginnings)
        kinds = {chunk.file.split("-")[0] for each in left.recordings for chunk in each.chunks}
        expect(not streams or streams in kinds, f"no {streams} was recorded: {sorted(kinds)}")

    return look


def _declared(told: Story, left: Aftermath) -> None:
    """Sound that is missing is declared, as silence of so many samples."""
    gaps: list[Gap] = [gap for each in left.recordings for gap in each.gaps if gap.stream == "sound" and gap.samples]
    expect(bool(gaps), "sound is missing and no gap says so")


_FAULTS: dict[str, tuple[tuple[str, ...], Wrong, After]] = {
    "camera-never": (("camera-gone",), _rig(back="camera-back"), _told("warning.", "interruption.", streams="sound")),
    "camera-stalls": ((), _rig("camera-stall", back="camera-back"), _told("interruption.", streams="sound")),
    "camera-gone": ((), _rig("camera-gone", back="camera-back"), _told("interruption.", streams="sound")),
    "lens-covered": ((), _rig("lens-covered", back="lens-clear", seconds=7), _nothing),
    "sizes": ((), _rig("trouble=sizes", back="trouble="), _nothing),
    "backward": ((), _rig("trouble=backward", back="trouble="), _nothing),
    "doubled": ((), _rig("trouble=doubled", back="trouble="), _nothing),
    "microphone-never": (("microphone-gone",), _rig(back="microphone-back"), _declared),
    "microphone-gone": ((), _rig("microphone-gone", back="microphone-back"), _declared),
    "microphone-mute": ((), _rig("microphone-mute", back="microphone-back"), _declared),
    "overflow": ((), _rig("overflow=on", back="overflow=off"), _declared),
    "drift": ((), _rig(f"skew={_WORST_DRIFT_PPM}", back="skew=0"), _nothing),
    "both": ((), _rig("camera-gone", "microphone-gone", back="camera-back microphone-back"), _told("interruption.")),
}

SENSORS = Sensors()
