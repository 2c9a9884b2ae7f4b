"""Attacks on a carrier with several recordings: one taken away, put in twice, put in the place of another, and units
mixed.
"""

import shutil
from pathlib import Path

from kuager_workshop.torture.attacks.anatomy import JOURNAL, SECOND
from kuager_workshop.torture.attacks.scene import Expected, Scene, Spot, harmless, unended
from kuager_workshop.torture.master import KINDS, OTHER_UNIT, recordings


def remove(scene: Scene) -> Expected:
    """A recording taken away whole."""
    shutil.rmtree(scene.path)
    return _removed(scene)


def remove_several(scene: Scene) -> Expected:
    """A recording and another one, or all that came after it."""
    names = recordings(scene.carrier)
    at = names.index(scene.path.name)
    later = names[at + 1 :] if at and scene.chance.random() < 0.5 else []
    another = scene.chance.choice([each for each in names if each != scene.path.name])
    for name in {scene.path.name, *(later or [another])}:
        shutil.rmtree(scene.carrier / name)
    return _removed(scene)


def empty_folder(scene: Scene) -> Expected:
    """Nothing left of a recording but its folder."""
    for path in scene.path.iterdir():
        path.unlink()
    return Expected(alone=None, spots=_removed(scene).spots)


def put_in_place(scene: Scene) -> Expected:
    """A copy of another recording of the unit in the folder of this one."""
    other = scene.chance.choice([each for each in KINDS if scene.master.name(each) != scene.path.name])
    shutil.rmtree(scene.path)
    shutil.copytree(scene.master.first / scene.master.name(other), scene.path)
    return _removed(scene)


def put_anothers_in_place(scene: Scene) -> Expected:
    """A recording of another unit in the folder of this one."""
    shutil.rmtree(scene.path)
    shutil.copytree(_others(scene), scene.path)
    return _removed(scene)


def shortened_copy(scene: Scene) -> Expected:
    """A copy without its last minutes laid beside the true recording."""
    copy = scene.carrier / f"{scene.path.name[:-1]}-copy"
    shutil.copytree(scene.path, copy)
    records = scene.anatomy.records
    checkpoints = scene.anatomy.checkpoints
    at = checkpoints[scene.chance.randrange(2, len(checkpoints) - 1)]
    for path in copy.iterdir():
        if path.name.startswith(("manifest", "SHA", "unit")) or path.name == SECOND:
            path.unlink()
    journal = copy / JOURNAL
    journal.write_bytes(journal.read_bytes()[: records[at].end])
    since = records[at].stamp.utc_us
    spot = Spot(time=(since, since), codes=frozenset({"K701"}))
    return Expected(alone=None, spots=(spot,), guilty=frozenset({copy.name}))


def anothers_media(scene: Scene) -> Expected:
    """Another unit's file in the place of this one's. (What both begin with may be the same.)"""
    scene.file.write_bytes((_others(scene) / scene.target).read_bytes())
    touched = [each for each in scene.anatomy.places if each.file == scene.target]
    time = (touched[0].time[0], touched[-1].time[1])
    return Expected(spots=(Spot(scene.target, None, time, frozenset({"K401", "K403", "K407"})),))


def anothers_journal(scene: Scene) -> Expected:
    """Another unit's journal over this one's media."""
    (scene.path / JOURNAL).write_bytes((_others(scene) / JOURNAL).read_bytes())
    return Expected()


def anothers_manifest(scene: Scene) -> Expected:
    """Another unit's manifest, certificate and sums over this one's files."""
    for name in ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS", "unit.pem"):
        (scene.path / name).write_bytes((_others(scene) / name).read_bytes())
    codes = frozenset({"K208"})
    return Expected(spots=(Spot("manifest.cbor", codes=codes), Spot("unit.pem", codes=frozenset({"K607"}))))


def anothers_death(scene: Scene) -> Expected:
    """The `died` of another unit's recording in the place of this one's."""
    (scene.path / SECOND).write_bytes((scene.master.other / recordings(scene.master.other)[1] / SECOND).read_bytes())
    if scene.bare:
        since = scene.anatomy.ended.utc_us
        return unended(Spot(time=(since, since), codes=frozenset({"K701"})))
    return Expected(spots=(Spot(SECOND),))


def others_beside(scene: Scene) -> Expected:
    """Recordings of two units on one carrier are no attack by themselves: nothing changes."""
    for name in (*recordings(scene.master.other), f"{OTHER_UNIT}-unit"):
        shutil.copytree(scene.master.other / name, scene.carrier / name)
    return harmless()


def _removed(scene: Scene) -> Expected:
    """Told by name, and by the time from its begin to its end."""
    time = (scene.anatomy.records[0].stamp.utc_us, scene.anatomy.final.stamp.utc_us)
    return Expected(alone=None, spots=(Spot(scene.path.name, time=time, codes=frozenset({"K702"})),))


def _others(scene: Scene) -> Path:
    return scene.master.other / recordings(scene.master.other)[0]
