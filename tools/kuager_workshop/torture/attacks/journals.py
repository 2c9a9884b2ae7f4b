"""Attacks on a journal: records dropped, exchanged, doubled, rewritten, dated anew, taken from another recording."""

import hashlib
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from kuager.evidence.journal import Record
from kuager_workshop.torture.attacks import tools
from kuager_workshop.torture.attacks.anatomy import JOURNAL, SECOND
from kuager_workshop.torture.attacks.scene import CANNOT, NOT, Expected, Scene, Spot, unended
from kuager_workshop.torture.master import KINDS

_BROKEN = frozenset({"K301", "K302", "K504"})
_FORGED = frozenset({"K301", "K303", "K504"})
_DAY_US = 86_400_000_000


def drop_record(scene: Scene) -> Expected:
    """One record cut out; those around it stay as they are."""
    at = _unsigned(scene)
    victim = scene.anatomy.records[at]
    _write(scene, lambda records: records[:at] + records[at + 1 :])
    return _broken(scene, victim)


def drop_batch(scene: Scene) -> Expected:
    """All that was acknowledged at one moment cut out, its signature with it."""
    checkpoints = scene.anatomy.checkpoints[:-1]
    which = scene.chance.randrange(1, len(checkpoints))
    first, last = checkpoints[which - 1] + 1, checkpoints[which]
    _write(scene, lambda records: records[:first] + records[last + 1 :])
    return _broken(scene, scene.anatomy.records[first])


def drop_and_link(scene: Scene) -> Expected:
    """A record cut out, and all behind it numbered and linked anew, so that only signatures can tell."""
    at = _unsigned(scene)
    _write(scene, lambda records: tools.linked(records[:at] + records[at + 1 :]))
    return _forged()


def exchange_records(scene: Scene) -> Expected:
    """Two neighbours exchanged."""
    at = _unsigned(scene, pairs=True)
    victim = scene.anatomy.records[at]
    _write(scene, lambda records: [*records[:at], records[at + 1], records[at], *records[at + 2 :]])
    return _broken(scene, victim)


def double_record(scene: Scene) -> Expected:
    """A record put in twice."""
    at = _unsigned(scene)
    victim = scene.anatomy.records[at]
    _write(scene, lambda records: records[: at + 1] + records[at:])
    return _broken(scene, victim)


def rewrite(scene: Scene) -> Expected:
    """What a record says changed in its place."""
    at, changed = _rewritten(scene)
    _write(scene, lambda records: [*records[:at], _same_place(changed), *records[at + 1 :]])
    return _broken(scene, scene.anatomy.records[at])


def rewrite_and_link(scene: Scene) -> Expected:
    """What a record says changed, and all behind it linked anew."""
    at, changed = _rewritten(scene)
    _write(scene, lambda records: tools.linked([*records[:at], changed, *records[at + 1 :]]))
    return _forged()


def forge_digest(scene: Scene) -> Expected:
    """A fragment changed, and the journal's digest of it with it; links made anew."""
    place = scene.chance.choice([each for each in scene.anatomy.places if each.chunk])
    path = scene.path / place.file
    data = bytearray(path.read_bytes())
    data[place.bytes[1] - 1] ^= 1
    path.write_bytes(data)
    digest = hashlib.sha256(data[place.bytes[0] : place.bytes[1]]).digest()

    def edit(record: Record) -> Record:
        body = record.body
        mine = record.type == "chunk" and (body["file"], body["offset"]) == (place.file, place.bytes[0])
        return replace(record, body={**body, "sha256": digest}) if mine else record

    _write(scene, lambda records: tools.linked(map(edit, records)))
    return _forged()


def redate(scene: Scene) -> Expected:
    """Every record's clock set to another day, links made anew."""
    by_us = scene.chance.choice((-100, -1, 1, 7)) * _DAY_US + scene.chance.randrange(3_600_000_000)
    _write(scene, lambda records: tools.linked(redated(records, by_us)))
    return Expected(spots=(Spot(JOURNAL, codes=_FORGED | {"K207"}),))


def redate_part(scene: Scene) -> Expected:
    """The clock of some records set to another time, in their places."""
    records = scene.anatomy.records
    first = scene.chance.randrange(1, len(records) - 3)
    last = scene.chance.randrange(first + 1, len(records) - 1)
    by_us = scene.chance.choice((-3600, 60, 86_400)) * 1_000_000
    _write(
        scene,
        lambda all_: all_[:first] + [_same_place(each) for each in redated(all_[first:last], by_us)] + all_[last:],
    )
    return _broken(scene, records[first])


def hole(scene: Scene) -> Expected:
    """A stretch of the journal blanked, as if the carrier had lost it."""
    records = scene.anatomy.records
    first = scene.chance.randrange(1, scene.anatomy.checkpoints[-3])
    count = scene.chance.randrange(1, 6)
    begin, end = records[first].offset, records[min(first + count, len(records) - 2)].offset
    path = scene.path / JOURNAL
    data = path.read_bytes()
    path.write_bytes(data[:begin] + bytes(end - begin) + data[end:])
    return _broken(scene, records[first])


def replay(scene: Scene) -> Expected:
    """Two acknowledged moments of the recording's own put behind its end."""
    checkpoints = scene.anatomy.checkpoints
    which = scene.chance.randrange(len(checkpoints) - 2)
    again = scene.anatomy.records[checkpoints[which] : checkpoints[which + 2] + 1]
    _write(scene, lambda records: records + again)
    return Expected(spots=(Spot(JOURNAL, codes=_BROKEN | {"K307"}),))


def move_end(scene: Scene) -> Expected:
    """Minutes cut out of the journal before its end, the true `closed` put behind the cut."""
    checkpoints = scene.anatomy.checkpoints
    at = checkpoints[scene.chance.randrange(1, len(checkpoints) - 2)]
    victim = scene.anatomy.records[at + 1]
    _write(scene, lambda records: [*records[: at + 1], records[-1]])
    return Expected(spots=(Spot(JOURNAL, (victim.offset, victim.offset), (victim.stamp.utc_us,) * 2, _BROKEN),))


def splice(scene: Scene) -> Expected:
    """The second half of another recording's journal behind the first half of this one's."""
    other = scene.master.anatomies[_another(scene)].records
    at = scene.anatomy.checkpoints[len(scene.anatomy.checkpoints) // 2]
    _write(scene, lambda records: records[: at + 1] + other[len(other) // 2 :])
    since = scene.anatomy.records[at + 1]
    if scene.bare and not scene.dead:  # as if the carrier showed behind a torn end what it held before
        return unended(Spot(time=(since.stamp.utc_us,) * 2, codes=frozenset({"K701"})))
    return Expected(spots=(Spot(JOURNAL, (since.offset, since.offset + len(tools.raw(other)))),))


def foreign_journal(scene: Scene) -> Expected:
    """Another recording's journal in the place of this one's."""
    other = _another(scene)
    (scene.path / JOURNAL).write_bytes((scene.carrier / scene.master.name(other) / JOURNAL).read_bytes())
    return Expected(guilty=frozenset({scene.master.name(other)}))


def exchange_journals(scene: Scene) -> Expected:
    """The journal of the dead recording and the one that recovery began, exchanged."""
    first, second = scene.path / JOURNAL, scene.path / SECOND
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    return Expected(alone=frozenset({NOT, CANNOT} if scene.bare else {NOT}), lacks=frozenset({"K102"}))


def redated(records: list[Record], by_us: int) -> list[Record]:
    """These records with another UTC, so much later."""
    return [replace(each, stamp=replace(each.stamp, utc_us=each.stamp.utc_us + by_us)) for each in records]


def _unsigned(scene: Scene, *, pairs: bool = False) -> int:
    """A record that bears no signature, and in a pair its neighbour neither."""
    records = scene.anatomy.records
    return scene.chance.choice([
        place for place in range(1, len(records) - 1)
        if records[place].signature is None and not (pairs and records[place + 1].signature)
    ])  # fmt: skip


def _rewritten(scene: Scene) -> tuple[int, Record]:
    """A record that tells something, and what it is made to tell instead."""
    edits: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "prompt": lambda body: {**body, "text": "".join(sorted(body["text"], reverse=True)) + "."},
        "chapter": lambda body: {**body, "at_us": body["at_us"] + 7_000_000},
        "event": lambda body: {**body, "code": "all-is-well"},
        "gap": lambda body: {**body, "frames": body.get("frames", 0) + 7},
        "chunk": lambda body: {**body, "first_utc_us": body["first_utc_us"] + 1_000_000},
        "photo": lambda body: {**body, "at_us": body["at_us"] + 1},
        "checkpoint": lambda body: {**body, "bytes": body.get("bytes", 0) + 1},
    }
    records = scene.anatomy.records
    kind = scene.chance.choice(sorted({each.type for each in records[1:-1]} & edits.keys()))
    at = scene.chance.choice([place for place, each in enumerate(records[:-1]) if each.type == kind])
    return at, replace(records[at], body=edits[kind](records[at].body))


def _same_place(record: Record) -> Record:
    """Encoded with the number, link and signature that it has."""
    (made,) = tools.linked([record], seq=record.seq, prev=record.prev)
    return made


def _write(scene: Scene, edit: Callable[[list[Record]], list[Record]]) -> None:
    """Change the first journal's records; the torn tail of a recording that died stays behind them."""
    path = scene.path / JOURNAL
    tail = path.read_bytes()[scene.anatomy.records[-1].end :]
    path.write_bytes(tools.raw(edit(list(scene.anatomy.records))) + tail)


def _broken(scene: Scene, victim: Record) -> Expected:
    """A break in the links at this record, told by bytes, and by time unless only the end is told by `died`."""
    time = None if scene.dead else (victim.stamp.utc_us,) * 2
    return Expected(spots=(Spot(JOURNAL, (victim.offset, victim.offset), time, _BROKEN),))


def _forged() -> Expected:
    return Expected(spots=(Spot(JOURNAL, codes=_FORGED),))


def _another(scene: Scene) -> str:
    return scene.chance.choice([each for each in KINDS if scene.master.name(each) != scene.path.name])
