"""Attacks by signatures: with another key, another authority, another unit's key, or a true signature moved."""

import shutil
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from kuager.evidence.journal import Record
from kuager.evidence.keys import RecordingKey, Signer, SoftwareKey
from kuager.evidence.manifest import Manifest
from kuager.evidence.records import Opened
from kuager_workshop.torture.attacks import journals, tools
from kuager_workshop.torture.attacks.anatomy import JOURNAL
from kuager_workshop.torture.attacks.scene import CANNOT, Expected, Scene, Spot, unended
from kuager_workshop.torture.attacks.tools import Signatory
from kuager_workshop.torture.master import KINDS, OTHER_UNIT

_MANIFEST = (Spot("manifest.cbor", codes=frozenset({"K208"})),)
_DAY_US = 86_400_000_000


def manifest_by_other_key(scene: Scene) -> Expected:
    """The manifest says something else, and is signed by a key that is not the unit's."""
    said = _lie(scene, tools.read_manifest(scene.path))
    tools.sign_manifest(scene.path, said, tools.borrower(scene).key)
    return Expected(spots=_MANIFEST)


def manifest_by_other_unit(scene: Scene) -> Expected:
    """The same, by another unit of the same authority, with its certificate in unit.pem."""
    who = tools.insider(scene)
    _put_certificates(scene, who)
    tools.sign_manifest(scene.path, _lie(scene, tools.read_manifest(scene.path)), who.key)
    return Expected(spots=(*_MANIFEST, Spot("unit.pem", codes=frozenset({"K607"}))))


def manifest_unsigned(scene: Scene) -> Expected:
    """The manifest's text changed under its old signature."""
    said = _lie(scene, tools.read_manifest(scene.path))
    old = (scene.path / "manifest.cbor").read_bytes()
    tools.sign_manifest(scene.path, said, SoftwareKey.generate())
    new = (scene.path / "manifest.cbor").read_bytes()
    (scene.path / "manifest.cbor").write_bytes(new[:-64] + old[-64:])
    (scene.path / "manifest.sig").write_bytes(old[-64:])
    return Expected(spots=_MANIFEST)


def manifest_of_another(scene: Scene) -> Expected:
    """Manifest, sums and all from another recording of the unit."""
    other = scene.chance.choice([each for each in KINDS if scene.master.name(each) != scene.path.name])
    for name in ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS"):
        (scene.path / name).write_bytes((scene.master.first / scene.master.name(other) / name).read_bytes())
    return Expected(spots=_MANIFEST)


def opened_by_other_key(scene: Scene) -> Expected:
    """`opened` says something else, signed by another key under the true certificates; links made anew."""
    who = tools.borrower(scene)
    _rebuild(scene, _opened_lie, lambda record: who.key if record.type == "opened" else None)
    return Expected(spots=(Spot(JOURNAL, (0, 0), codes=frozenset({"K207"})),))


def opened_unsigned(scene: Scene) -> Expected:
    """`opened` says something else under its old signature; links made anew."""
    _rebuild(scene, _opened_lie, lambda _: None)
    return Expected(spots=(Spot(JOURNAL, (0, 0), codes=frozenset({"K207"})),))


def checkpoints_by_other_key(scene: Scene) -> Expected:
    """A record changed, links made anew, and every checkpoint signed by a key that `opened` does not name."""
    key = RecordingKey()
    at = scene.anatomy.checkpoints[scene.chance.randrange(len(scene.anatomy.checkpoints) - 2)]
    victim = scene.anatomy.records[at]
    _rebuild(
        scene,
        lambda record: replace(record, body={**record.body, "bytes": 1}) if record.seq == victim.seq else record,
        lambda record: key if record.type == "checkpoint" else None,
    )
    return Expected(spots=(Spot(JOURNAL, codes=frozenset({"K303", "K504"})),))


def behind_a_break(scene: Scene) -> Expected:
    """A record cut out, and all behind it made anew with keys of the attacker's own: a torn end with rubble behind it,
    for all that the journal itself can say.
    """
    records, checkpoints = scene.anatomy.records, scene.anatomy.checkpoints
    at = checkpoints[scene.chance.randrange(1, len(checkpoints) - 3)]
    key, unit = RecordingKey(), tools.borrower(scene).key
    signers: dict[str, Signer] = {"checkpoint": key, "closed": unit}
    behind = records[at + 2 :]
    made = tools.linked(
        behind, lambda each: signers.get(each.type), records[0].body["id"], behind[0].seq, behind[0].prev
    )
    path = scene.path / JOURNAL
    tail = path.read_bytes()[records[-1].end :]
    path.write_bytes(tools.raw([*records[: at + 1], *made]) + tail)
    since = records[at + 1]
    if scene.bare and not scene.dead:
        return unended(Spot(time=(since.stamp.utc_us,) * 2, codes=frozenset({"K701"})))
    return Expected(spots=(Spot(JOURNAL, (since.offset, records[-1].end)),))


def moved_signature(scene: Scene) -> Expected:
    """A true signature of the recording in the place of another one's."""
    records, checkpoints = scene.anatomy.records, scene.anatomy.checkpoints
    at, donor = scene.chance.sample(checkpoints[:-2], 2)
    changed = replace(records[at], signature=records[donor].signature)
    made = tools.linked([changed], seq=changed.seq, prev=changed.prev)
    path = scene.path / JOURNAL
    data = path.read_bytes()
    path.write_bytes(data[: records[at].offset] + made[0].raw + data[records[at].end :])
    time = None if scene.dead else (records[at].stamp.utc_us,) * 2
    codes = frozenset({"K301", "K504"})
    return Expected(spots=(Spot(JOURNAL, (records[at].offset, records[at].end), time, codes),))


def all_by_impostor(scene: Scene) -> Expected:
    """The whole recording made anew, an hour later, by a unit of this name under the attacker's own authority."""
    _forge_all(scene, tools.impostor("KZ0417"))
    return Expected(
        alone=frozenset({CANNOT}), lacks=frozenset({"K202"}), spots=(Spot(codes=frozenset({"K701", "K702"})),)
    )


def all_by_other_unit(scene: Scene) -> Expected:
    """The whole recording made anew in the unit's name with another unit's key."""
    _forge_all(scene, tools.insider(scene))
    return Expected(spots=(Spot(codes=frozenset({"K205"})),))


def all_with_borrowed_name(scene: Scene) -> Expected:
    """The whole recording made anew by a key of the attacker's own under the unit's true certificates."""
    _forge_all(scene, tools.borrower(scene))
    return Expected(spots=(Spot(JOURNAL, (0, 0), codes=frozenset({"K207"})),))


def claimed_by_other_unit(scene: Scene) -> Expected:
    """The whole recording made anew as another unit's own: that it is, but the true one is gone from the set."""
    lies = {"unit": OTHER_UNIT, "name": scene.path.name.replace("KZ0417", OTHER_UNIT)}
    _forge_all(scene, tools.insider(scene), lies)
    return Expected(alone=None, spots=(Spot(codes=frozenset({"K701", "K702"})),))


def impostor_beside(scene: Scene) -> Expected:
    """A recording by an impostor laid beside the true one, of the same number, that says the true one ended otherwise:
    it is given away by the true one, and not heard on others.
    """
    number, identity = scene.anatomy.records[0].body["number"], scene.anatomy.records[0].body["id"]
    true, scene.path = scene.path, scene.path.with_name(f"{scene.path.name[:-4]}000Z")
    shutil.copytree(true, scene.path)
    previous = {"number": number, "id": identity, "head": scene.chance.randbytes(32)}
    lies = {"id": scene.chance.randbytes(16), "name": scene.path.name, "previous": previous}
    _forge_all(scene, tools.impostor("KZ0417"), lies)
    spot = Spot(codes=frozenset({"K704"}))
    return Expected(alone=frozenset({CANNOT}), lacks=frozenset({"K202"}), spots=(spot,))


def _forge_all(scene: Scene, who: Signatory, lies: dict[str, Any] | None = None) -> None:
    """Every signature made anew; journal, files and manifest agree with each other. `lies`: what `opened` says then."""
    key = RecordingKey()

    def edit(record: Record) -> Record:
        (record,) = journals.redated([record], 3_600_000_000)
        if record.type != "opened":
            return record
        return replace(
            record, body={**record.body, "recording_key": key.raw, "certificates": who.chain, **(lies or {})}
        )

    signers: dict[str, Signer] = {"opened": who.key, "closed": who.key, "checkpoint": key}
    made = _rebuild(scene, edit, lambda record: signers.get(record.type))
    if scene.bare:
        return
    said = tools.after_journal(tools.read_manifest(scene.path), made)
    opened = made[0].typed()
    assert isinstance(opened, Opened)
    said = replace(
        said, ended=made[-1].stamp, id=opened.id, unit=opened.unit, name=opened.name, previous=opened.previous
    )
    _put_certificates(scene, who)
    tools.sign_manifest(scene.path, said, who.key)


def _rebuild(scene: Scene, edit: Callable[[Record], Record], sign: Callable[[Record], Signer | None]) -> list[Record]:
    records = scene.anatomy.records
    edited = list(map(edit, records))
    made = tools.linked(edited, sign, edited[0].body["id"])
    path = scene.path / JOURNAL
    path.write_bytes(tools.raw(made) + path.read_bytes()[records[-1].end :])
    return made


def _opened_lie(record: Record) -> Record:
    return replace(record, body={**record.body, "operator": "somebody else"}) if record.type == "opened" else record


def _lie(scene: Scene, said: Manifest) -> Manifest:
    day = replace(said.opened, utc_us=said.opened.utc_us + _DAY_US)
    return scene.chance.choice([
        replace(said, opened=day),
        replace(said, operator="somebody else"),
        replace(said, chapters=said.chapters[:-1]),
        replace(said, intervals=said.intervals[:-1]),
        replace(said, files=said.files[1:]),
        replace(said, dialogue=not said.dialogue),
        replace(said, cause="heat"),
        replace(said, number=said.number + 1),
        replace(said, previous=None, protections=["immutable"]),
    ])  # fmt: skip


def _put_certificates(scene: Scene, who: Signatory) -> None:
    (scene.path / "unit.pem").write_bytes(tools.pem(who.chain))
