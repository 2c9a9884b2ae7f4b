"""Attacks on a recording's end: the last minutes gone with everything that was signed after them, or another end."""

import hashlib
import os
import shutil

from msgspec.structs import replace

from kuager.evidence.journal import JournalWriter, Record, iterate
from kuager.evidence.records import VERSION, Closed, Died, TornFile
from kuager_workshop.torture.attacks import tools
from kuager_workshop.torture.attacks.anatomy import JOURNAL, SECOND
from kuager_workshop.torture.attacks.scene import CANNOT, Expected, Scene, Spot, harmless, unended
from kuager_workshop.torture.attacks.tools import Signatory

_CUT = frozenset({"K701"})


def cut_minutes(scene: Scene) -> Expected:
    """Manifest and closing records removed with the last minutes: the journal cut behind a checkpoint, media to what is
    proven then, and files that are not spoken of any more removed.
    """
    at = _cut(scene)
    _shorten_media(scene, at)
    return unended(_gone_since(scene, at))


def cut_journal_only(scene: Scene) -> Expected:
    """As `cut_minutes`, but all media are left: they are proven up to the cut."""
    return unended(_gone_since(scene, _cut(scene)))


def cut_within_batch(scene: Scene) -> Expected:
    """As if the power had gone: the journal cut within a record, media where they happen to be."""
    at = _cut(scene, keep=scene.chance.randrange(1, 5))
    path = scene.path / JOURNAL
    os.truncate(path, path.stat().st_size - scene.chance.randrange(1, 20))
    return unended(_gone_since(scene, at))


def close_oneself(scene: Scene) -> Expected:
    """The last minutes cut off, and `closed` written and signed by another key, as the true unit's."""
    at = _cut(scene)
    _shorten_media(scene, at)
    body = Closed(cause="closing", dialogue=True)
    last = scene.anatomy.records[at]
    signer = tools.borrower(scene).key
    with (scene.path / JOURNAL).open("ab") as file:
        file.write(_writer(scene, last).append("closed", body, last.stamp, signer))
    return unended(_gone_since(scene, at))


def bury_as_impostor(scene: Scene) -> Expected:
    """The last minutes cut off, and `died` written by a unit of the attacker's own authority."""
    at = _bury(scene, tools.impostor("KZ0417"))
    return unended(_gone_since(scene, at), lacks=("K202",))


def bury_as_other(scene: Scene) -> Expected:
    """The last minutes cut off, and `died` written by another unit of the same authority."""
    _bury(scene, tools.insider(scene))
    return Expected(spots=(Spot(codes=frozenset({"K205"})),))


def bury_with_borrowed_name(scene: Scene) -> Expected:
    """The last minutes cut off, and `died` with the true certificates signed by another key."""
    at = _bury(scene, tools.borrower(scene))
    return unended(_gone_since(scene, at))


def bury_with_anothers_end(scene: Scene) -> Expected:
    """The last minutes cut off, and the true `died` of another recording put in."""
    at = _cut(scene)
    _shorten_media(scene, at)
    source = scene.master.first / scene.master.name("died")
    (scene.path / SECOND).write_bytes((source / SECOND).read_bytes())
    return unended(_gone_since(scene, at))


def bury_the_closed(scene: Scene) -> Expected:
    """A closed recording declared dead once more, by another unit or the attacker's own."""
    who = scene.chance.choice([tools.insider(scene), tools.impostor("KZ0417")])
    _declare_dead(scene, who, scene.anatomy.records[-1])
    return Expected(spots=(Spot(SECOND, codes=frozenset({"K307"})),))


def rewrite_death(scene: Scene) -> Expected:
    """Another cause and moment of death, signed by the attacker's own unit."""
    died = scene.anatomy.died
    assert died
    who = tools.impostor("KZ0417")
    body = {**died.body, "cause": "heat", "certificates": who.chain}
    made = tools.linked([replace(died, body=body)], lambda _: who.key, _identity(scene), died.seq, died.prev)
    (scene.path / SECOND).write_bytes(tools.raw(made))
    if scene.bare:
        return unended(Spot(time=(0, scene.anatomy.final.stamp.utc_us), codes=_CUT), lacks=("K202",))
    return Expected(spots=(Spot(SECOND, codes=frozenset({"K604"})),))


def cut_end_and_witness(scene: Scene) -> Expected:
    """The last recording's end cut off, and what the unit's own journal on this carrier says of it; the unit's next
    carrier still knows.
    """
    at = _cut(scene)
    _shorten_media(scene, at)
    _silence(scene, "recording-ended")
    scene.copy_of(scene.master.later)
    return unended(_gone_since(scene, at))


def remove_with_witness(scene: Scene) -> Expected:
    """The last recording taken away, and what the unit's own journal on this carrier says of it; the unit's next
    carrier still knows.
    """
    shutil.rmtree(scene.path)
    _silence(scene, "recording-opened")
    scene.copy_of(scene.master.later)
    time = (scene.anatomy.records[0].stamp.utc_us, scene.anatomy.final.stamp.utc_us)
    return Expected(alone=None, spots=(Spot(scene.path.name, time=time, codes=frozenset({"K702"})),))


def cut_end_and_all_witnesses(scene: Scene) -> Expected:
    """The same where no other carrier is given: nobody can say more than that the ending is missing."""
    _cut(scene)
    (witness,) = (scene.carrier / "KZ0417-unit").iterdir()
    witness.unlink()
    return Expected(alone=frozenset({CANNOT}), together=CANNOT)


def tail_of_dead(scene: Scene) -> Expected:
    """Bytes behind what is proven of a dead recording's media, where no manifest has their digest: never counted."""
    name = max(each.file for each in scene.anatomy.places if each.chunk)
    path = scene.path / name
    data = path.read_bytes()
    at = scene.anatomy.proven(name) + scene.chance.randrange(len(data) - scene.anatomy.proven(name))
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    return harmless("K405", "K601")


def _cut(scene: Scene, keep: int = 0) -> int:
    """Cut the journal behind a checkpoint (some of the records behind it kept), and strip the recording; returns the
    place of the checkpoint.
    """
    scene.strip()
    (scene.path / SECOND).unlink(missing_ok=True)
    checkpoints = scene.anatomy.checkpoints
    at = checkpoints[scene.chance.randrange(2, len(checkpoints) - 2)]
    behind = checkpoints[checkpoints.index(at) + 1]
    kept = scene.anatomy.records[: min(at + 1 + keep, behind)]
    (scene.path / JOURNAL).write_bytes(tools.raw(kept))
    return at


def _shorten_media(scene: Scene, at: int) -> None:
    """Leave of media what the records up to this one speak of."""
    proven: dict[str, int] = {}
    for record in scene.anatomy.records[: at + 1]:
        if record.type in ("chunk", "photo"):
            proven[record.body["file"]] = record.body.get("offset", 0) + record.body["length"]
    for path in scene.path.iterdir():
        if path.name in proven:
            os.truncate(path, proven[path.name])
        elif not path.name.startswith("journal"):
            path.unlink()


def _gone_since(scene: Scene, at: int) -> Spot:
    """The set says since when it is cut, up to the true end where its witness says it."""
    since = scene.anatomy.records[at].stamp.utc_us
    return Spot(time=(since, since), codes=_CUT)


def _bury(scene: Scene, who: Signatory) -> int:
    at = _cut(scene)
    _shorten_media(scene, at)
    _declare_dead(scene, who, scene.anatomy.records[at])
    return at


def _declare_dead(scene: Scene, who: Signatory, last: Record) -> None:
    length = (scene.path / JOURNAL).stat().st_size
    tail = hashlib.sha256((scene.path / JOURNAL).read_bytes()[last.end :]).digest()
    body = Died(
        version=VERSION, id=_identity(scene), boot=bytes(16), cause="power", last=last.stamp,
        journals=[TornFile(file=JOURNAL, length=length, proven=last.end, tail_sha256=tail)], certificates=who.chain,
    )  # fmt: skip
    raw = _writer(scene, last).append("died", body, last.stamp, who.key)
    (scene.path / SECOND).write_bytes(raw)


def _writer(scene: Scene, last: Record) -> JournalWriter:
    return JournalWriter(_identity(scene), last.seq + 1, last.digest)


def _identity(scene: Scene) -> bytes:
    identity: bytes = scene.anatomy.records[0].body["id"]
    return identity


def _silence(scene: Scene, kind: str) -> None:
    """Cut the unit's own journal on the carrier off before its last record of this kind."""
    (witness,) = (scene.carrier / "KZ0417-unit").iterdir()
    data = witness.read_bytes()
    last = [record.offset for record in iterate(data) if record.type == kind][-1]
    witness.write_bytes(data[:last])
