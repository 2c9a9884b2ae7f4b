"""Sealing in the background: what is tried when, and what the unit's own journal says of it."""

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from vault_world import UNIT, HandClock, World

from kuager.evidence import journal
from kuager.evidence.records import Body, Event, Stamp
from kuager.evidence.unit import UNIT_BODIES, RecordingSealed
from kuager.vault.disk import DiskFiles
from kuager.vault.identity import load_or_make
from kuager.vault.seal import SealedRecording
from kuager.vault.sealing import Job, Outcome, Sealing
from kuager.vault.verity import Verified

ID, SHA256 = bytes(range(16)), bytes(range(32))
DONE = SealedRecording("KZ0417-000007-20261122T051500Z", 7, ID, SHA256, 3, 900, [])


@dataclass
class Desk:
    """Takes jobs and never runs them: the test says how the oldest went."""

    stopping: bool = False
    jobs: list[tuple[Job, Callable[[Outcome], None], bool]] = field(default_factory=list)

    def submit(self, job: Job, done: Callable[[Outcome], None], *, long: bool) -> None:
        self.jobs.append((job, done, long))

    def answer(self, outcome: Outcome) -> None:
        _, done, _ = self.jobs.pop(0)
        done(outcome)


class Scene:
    """Sealing on a carrier, with what it wrote and told."""

    def __init__(self, root: Path) -> None:
        self.clock, self.worker = HandClock(), Desk()
        self.written: list[tuple[str, Body]] = []
        self.stamps: list[Stamp] = []
        self.told: list[object] = []
        self.files, self.other = DiskFiles(root, sealer=None), DiskFiles(root, exclusive=False, sealer=None)
        identity = load_or_make(self.files, UNIT, datetime.fromtimestamp(self.clock().utc_us / 1e6, UTC))
        self.sealing = Sealing(identity, self.worker, self.clock, self._write)

    def _write(self, kind: str, body: Body, now: Stamp) -> None:
        self.written.append((kind, body))
        self.stamps.append(now)

    def close_one(self) -> None:
        finished: Any = None  # only the job looks at it, and it is not run
        self.sealing.closed(self.files, finished, self.told.append)

    def look_after(self, seconds: float) -> int:
        """How many jobs wait after so long."""
        self.clock.advance(seconds)
        self.sealing.look(self.files, self.clock())
        return len(self.worker.jobs)

    def end(self) -> None:
        self.files.release()
        self.other.release()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.end()


def test_only_what_this_vault_closed_and_was_not_told_of_is_waited_for(scene: Scene) -> None:
    assert scene.sealing.waiting == 0
    scene.close_one()
    scene.close_one()
    assert scene.sealing.waiting == 2
    scene.worker.answer(OSError(errno.EIO, "I/O error"))
    assert scene.sealing.waiting == 1
    scene.worker.answer(DONE)
    assert scene.sealing.waiting == 0
    assert scene.look_after(10) == 1
    scene.worker.answer(DONE)  # what failed before went well, and was counted already
    assert scene.sealing.waiting == 0
    assert [type(each) for each in scene.told] == [OSError, SealedRecording, SealedRecording]


@pytest.mark.parametrize("protections", [[], ["append-only"], ["append-only", "immutable"]])
def test_a_seal_is_journalled_and_what_is_protected_is_given_to_the_kernel(
    scene: Scene, protections: list[str]
) -> None:
    done = SealedRecording("KZ0417-000007-20261122T051500Z", 7, ID, SHA256, 3, 900, protections)
    scene.close_one()
    scene.worker.answer(done)
    body = RecordingSealed(number=7, id=ID, manifest=SHA256, protections=protections)
    assert scene.written == [("recording-sealed", body)]
    assert scene.stamps == [scene.clock()]
    assert scene.told == [done]
    assert [long for _, _, long in scene.worker.jobs] == [True] * bool(protections)


def test_digesting_the_dead_and_verity_hold_up_no_seal(scene: Scene) -> None:
    found: Any = None
    scene.close_one()
    scene.sealing.dead(scene.files, found)
    scene.sealing.verify_by_kernel(scene.files, "name", 7)
    assert [long for _, _, long in scene.worker.jobs] == [False, True, True]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (OSError(errno.ENOSPC, "no room"), "no room"),
        (OSError("only words"), "only words"),
        (ValueError("the journal is damaged"), "the journal is damaged"),
        (ValueError(), "ValueError"),
        (RuntimeError("x" * 300), "x" * 200),
    ],
)
def test_a_seal_that_fails_is_journalled_with_its_reason(scene: Scene, outcome: Exception, reason: str) -> None:
    scene.close_one()
    scene.worker.answer(outcome)
    assert scene.written == [("event", Event(code="seal-failed", data={"reason": reason}))]
    assert scene.told == [outcome]


def test_the_same_failure_is_told_once_and_another_one_again(scene: Scene) -> None:
    scene.close_one()
    for why in ("full", "full", "gone", "gone"):
        scene.worker.answer(OSError(errno.EIO, why))
        scene.look_after(600)
    assert [body.data for _, body in scene.written if isinstance(body, Event)] == [
        {"reason": "full"}, {"reason": "gone"},
    ]  # fmt: skip


def test_it_is_tried_again_after_ever_longer_up_to_ten_minutes(scene: Scene) -> None:
    scene.close_one()
    for wait in (10, 20, 40, 80, 160, 320, 600, 600):
        scene.worker.answer(OSError(errno.EIO, "I/O error"))
        assert scene.look_after(wait - 0.000_001) == 0
        assert scene.look_after(0.000_001) == 1


def test_one_that_is_not_due_yet_is_kept_beside_one_that_is(scene: Scene) -> None:
    scene.close_one()
    scene.worker.answer(OSError(errno.EIO, "first"))
    scene.clock.advance(5)
    scene.close_one()
    scene.worker.answer(OSError(errno.EIO, "second"))
    assert scene.look_after(5) == 1
    assert scene.look_after(5) == 2
    assert scene.look_after(5) == 2


def test_what_is_on_another_carrier_is_left_to_its_recovery(scene: Scene) -> None:
    scene.close_one()
    scene.worker.answer(OSError(errno.EIO, "I/O error"))
    scene.sealing.look(scene.other, scene.clock())
    assert scene.look_after(600) == 0


def test_a_job_that_was_stopped_is_neither_journalled_nor_tried_again(scene: Scene) -> None:
    found: Any = None
    scene.sealing.dead(scene.files, found)
    scene.worker.answer(None)
    assert (scene.written, scene.look_after(600)) == ([], 0)


@pytest.mark.parametrize(
    ("outcome", "data"),
    [
        (Verified(7, 3, 9), {"number": 7, "files": 3, "of": 9}),
        (Verified(7, 0, 9), None),
        (OSError(errno.ENODEV, "gone"), None),
        (None, None),
    ],
)
def test_what_the_kernel_verifies_is_journalled(
    scene: Scene, outcome: Outcome, data: dict[str, str | int | bool] | None
) -> None:
    scene.sealing.verify_by_kernel(scene.files, "name", 7)
    scene.worker.answer(outcome)
    assert scene.written == ([] if data is None else [("event", Event(code="fs-verity", data=data))])


def test_a_vault_that_ends_leaves_a_dead_recording_to_the_next_one(world: World) -> None:
    opened = world.open()
    world.record(opened, 2)
    world.boot(held=True)
    world.worker.stopping = True
    world.worker.run()
    assert not (world.carrier / opened.name / "manifest.cbor").exists()
    assert sealed_numbers(world) == []
    world.boot()
    assert (world.carrier / opened.name / "manifest.cbor").exists()
    assert sealed_numbers(world) == [1]


def sealed_numbers(world: World) -> list[int]:
    """Of all that the unit's own journal says was sealed."""
    path = next((world.state / f"{UNIT}-unit").iterdir())
    bodies = [each.typed(UNIT_BODIES) for each in journal.iterate(path.read_bytes())]
    return [body.number for body in bodies if isinstance(body, RecordingSealed)]
