"""Attacks on bytes, whatever they mean: turned over, blanked, put in, taken out, cut off, put behind, gone."""

import os
import shutil

from kuager.evidence.rules_manifest import COMPANIONS
from kuager_workshop.torture.attacks.anatomy import JOURNAL, SECOND
from kuager_workshop.torture.attacks.scene import CANNOT, NOT, Expected, Scene, Spot, harmless, unended

_LONGEST = 4000


def flip_bit(scene: Scene) -> Expected:
    """One bit."""
    at = scene.offset(_counted(scene))
    scene.change(lambda data: data[:at] + bytes([data[at] ^ 1 << scene.chance.randrange(8)]) + data[at + 1 :])
    return after(scene, at, at + 1)


def blank(scene: Scene) -> Expected:
    """A stretch overwritten with bytes that were not there."""
    size = _counted(scene)
    at = scene.offset(size)
    length = min(scene.chance.randrange(1, _LONGEST), size - at)
    scene.change(lambda data: data[:at] + bytes(byte ^ 0xFF for byte in data[at : at + length]) + data[at + length :])
    return after(scene, at, at + length)


def put_in(scene: Scene) -> Expected:
    """Bytes put in; all behind them moves."""
    at = scene.offset(_counted(scene))
    # Inside something proven, what is put in would be proven's next byte where it happens to be the same one.
    extra = bytes([scene.file.read_bytes()[at] ^ 0xFF]) + scene.chance.randbytes(scene.chance.randrange(_LONGEST))
    scene.change(lambda data: data[:at] + extra + data[at:])
    return after(scene, at, at, tail=False)


def take_out(scene: Scene) -> Expected:
    """Bytes taken out; all behind them moves."""
    size = _counted(scene)
    at = scene.offset(size)
    length = min(scene.chance.randrange(1, _LONGEST), size - at)
    scene.change(lambda data: data[:at] + data[at + length :])
    return after(scene, at, at + length, tail=False)


def cut(scene: Scene) -> Expected:
    """Cut off from a byte on; from byte 0 the file is empty."""
    size = _counted(scene)
    at = scene.offset(size)
    os.truncate(scene.file, at)
    return after(scene, at, size, tail=False)


def put_behind(scene: Scene) -> Expected:
    """Bytes put behind all that is there."""
    size = scene.file.stat().st_size
    extra = scene.chance.randbytes(1 + scene.chance.randrange(_LONGEST))
    scene.change(lambda data: data + extra)
    if scene.target in COMPANIONS or scene.target.startswith("photo") or not scene.bare:
        return Expected(spots=(Spot(scene.target),))
    if scene.target == JOURNAL:
        if scene.dead:
            return Expected(spots=(Spot(JOURNAL, (size, size + 1), codes=frozenset({"K504"})),))
        return harmless("K309")
    return harmless("K309" if scene.target == SECOND else "K405")


def delete(scene: Scene) -> Expected:
    """The file is gone."""
    scene.file.unlink()
    return _gone(scene)


def replace_by_link(scene: Scene) -> Expected:
    """The true file, behind a symbolic link in its place."""
    away = scene.carrier.parent / "away"
    shutil.move(scene.file, away)
    scene.file.symlink_to(away)
    return Expected(spots=(Spot(scene.target),)) if scene.target in COMPANIONS else _gone(scene)


def rename(scene: Scene) -> Expected:
    """The file under another name that its kind may have."""
    stem, suffix = scene.target.rsplit(".", 1)
    scene.file.rename(scene.file.with_name(f"{stem[:-2]}77.{suffix}"))
    expected = _gone(scene)
    # A journal under another number is still read, in the order of the numbers.
    return expected if scene.target not in (JOURNAL, SECOND) else Expected(spots=(Spot(codes=frozenset({"K308"})),))


def after(scene: Scene, begin: int, end: int, *, tail: bool = True) -> Expected:
    """What must be said when these bytes of the target are not what they were.

    An empty stretch: something was put in there. `tail`: what is behind them did not move.
    """
    name, anatomy = scene.target, scene.anatomy
    if name in COMPANIONS:
        return Expected(spots=(Spot(name),))
    if name == JOURNAL:
        return _first_journal(scene, begin, end)
    if name == SECOND:
        if scene.bare and begin == end == 0:  # behind what was put in before it `died` is whole
            return Expected(spots=(Spot(SECOND, (begin, end), codes=frozenset({"K301"})),))
        if scene.bare:
            return unended(Spot(time=_since(scene), codes=frozenset({"K701"})))
        return Expected(spots=(Spot(SECOND, (begin, end)),))
    touched = anatomy.touched(name, begin, max(end, begin + 1))
    if not touched:
        # Of what no chunk vouches for there is one digest: where in it something was put in nobody can say.
        moved = scene.file.stat().st_size if begin == end else end
        return Expected(spots=(Spot(name, (begin, moved), codes=frozenset({"K604"})),))
    codes = frozenset({"K401", "K403", "K407"})
    first, last = touched[0], touched[-1]
    # Of a last chunk that is shorter now nobody can say where in it something was taken out.
    reached = (max(begin, first.bytes[0]), min(end, last.bytes[1]) if tail else last.bytes[1])
    return Expected(spots=(Spot(name, reached, (first.time[0], last.time[1]), codes),))


def _first_journal(scene: Scene, begin: int, end: int) -> Expected:
    anatomy = scene.anatomy
    whole = Spot(JOURNAL, (begin, end))
    if not scene.bare:
        return Expected(spots=(whole,))
    since = Spot(time=_since(scene), codes=frozenset({"K701", "K702"}))
    if begin < anatomy.records[0].end:
        # The journal alone may not even tell whose it is.
        return Expected(alone=frozenset({NOT, CANNOT}), lacks=frozenset({"K101", "K102", "K503"}))
    if scene.dead:
        sharp = frozenset({"K301", "K302", "K303", "K504"})
        return Expected(spots=(Spot(JOURNAL, (begin, end), codes=sharp),))
    if end > anatomy.final.offset:  # nothing signed is left behind it
        return unended(since)
    return Expected(spots=(Spot(JOURNAL, (begin, end), _moment(scene, begin, end)),))


def _counted(scene: Scene) -> int:
    """How many bytes of the file count: all of them where manifest or `died` say so, else what is proven."""
    if scene.bare and scene.target.endswith(".mp4"):
        return scene.anatomy.proven(scene.target)
    return scene.file.stat().st_size


def _gone(scene: Scene) -> Expected:
    name, anatomy = scene.target, scene.anatomy
    if name == JOURNAL:
        lacks = ("K101", "K102", "K503")
        if scene.bare and scene.dead:
            # What recovery wrote is still there, and may show that something was before it.
            return Expected(alone=frozenset({NOT, CANNOT}), lacks=frozenset(lacks))
        if scene.bare:
            return unended(Spot(codes=frozenset({"K702"})), lacks=lacks)
        return Expected(spots=(Spot(JOURNAL),))
    if name == SECOND:
        if scene.bare:
            return unended(Spot(time=_since(scene), codes=frozenset({"K701"})))
        return Expected(spots=(Spot(SECOND, codes=frozenset({"K605"})),))
    if name in COMPANIONS:
        return Expected(spots=(Spot(name),)) if name == "unit.pem" else harmless("K601" if "cbor" in name else "K608")
    touched = [each for each in anatomy.places if each.file == name]
    time = (touched[0].time[0], touched[-1].time[1])
    return Expected(spots=(Spot(name, (0, touched[-1].bytes[1]), time, frozenset({"K404"})),))


def _since(scene: Scene) -> tuple[int, int]:
    """From the last moment that a cut journal may still prove, to the end."""
    return scene.anatomy.records[0].stamp.utc_us, scene.anatomy.final.stamp.utc_us


def _moment(scene: Scene, begin: int, end: int) -> tuple[int, int]:
    """When the records were made that these bytes are of."""
    first, last = scene.anatomy.record_at(begin), scene.anatomy.record_at(max(begin, end - 1))
    assert first
    return first.stamp.utc_us, (last or first).stamp.utc_us
