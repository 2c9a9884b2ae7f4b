"""Attacks on what is seen and heard: pieces exchanged, doubled, dropped, taken from elsewhere, encoded anew."""

from fractions import Fraction

import av
import numpy as np
from PIL import Image

from kuager.capture.encoder import VideoEncoder
from kuager.evidence.records import Opened
from kuager.media import cells, sei
from kuager.media.mark import FrameMark, unit_bits
from kuager.media.prft import ReferenceTime
from kuager.media.prft import decode as decode_prft
from kuager_workshop.torture.attacks import tools
from kuager_workshop.torture.attacks.anatomy import Place
from kuager_workshop.torture.attacks.fragment import Fragment, length_prefixed, padded
from kuager_workshop.torture.attacks.scene import Expected, Scene, Spot
from kuager_workshop.torture.master import KINDS, recordings
from kuager_workshop.torture.simulated import reel

_CHANGED = frozenset({"K401", "K403"})
_WORST_CRF = 51


def swap_fragments(scene: Scene) -> Expected:
    """Two fragments of a file exchanged."""
    one, other = sorted(scene.chance.sample(scene.anatomy.fragments(scene.target), 2), key=lambda each: each.bytes)
    data = scene.file.read_bytes()
    parts = (data[: one.bytes[0]], _of(data, other), data[one.bytes[1] : other.bytes[0]], _of(data, one))
    scene.file.write_bytes(b"".join(parts) + data[other.bytes[1] :])
    return _changed(scene, one, other)


def drop_fragment(scene: Scene) -> Expected:
    """A fragment cut out; all behind it moves up."""
    place = _any(scene)
    scene.change(lambda data: data[: place.bytes[0]] + data[place.bytes[1] :])
    return _changed(scene, place)


def double_fragment(scene: Scene) -> Expected:
    """A fragment in the place of the one behind it as well: the picture stands still, as it were."""
    fragments = scene.anatomy.fragments(scene.target)
    at = scene.chance.randrange(len(fragments) - 1)
    place, victim = fragments[at], fragments[at + 1]
    scene.change(lambda data: data[: victim.bytes[0]] + _of(data, place) + data[victim.bytes[1] :])
    return _changed(scene, victim)


def foreign_fragment(scene: Scene) -> Expected:
    """A fragment of another recording of the unit."""
    others = [each for each in KINDS if scene.master.name(each) != scene.path.name]
    which = scene.chance.choice(others)
    source = scene.master.anatomies[which]
    stranger = scene.chance.choice(source.fragments("video-01.mp4"))
    taken = _of((source.path / stranger.file).read_bytes(), stranger)
    place = _any(scene)
    scene.change(lambda data: data[: place.bytes[0]] + taken + data[place.bytes[1] :])
    return _changed(scene, place)


def redate_fragment(scene: Scene) -> Expected:
    """The reference time of a fragment set to another day."""
    place = _any(scene)
    days = scene.chance.choice((-400, -1, 1, 30)) * 86_400_000_000

    def edit(data: bytes) -> bytes:
        at = place.bytes[0]
        was = decode_prft(data[at : at + 32])
        return data[:at] + ReferenceTime(was.track, was.utc_us + days, was.media_time).encode() + data[at + 32 :]

    scene.change(edit)
    return _changed(scene, place)


def encode_anew(scene: Scene) -> Expected:
    """A fragment's pictures edited below the strip and encoded again, with strip and SEI as they must be; larger or
    smaller than it was, so that all behind it moves.
    """
    place = _with_pictures(scene)
    fragment = Fragment.parse(_of(scene.file.read_bytes(), place))
    fragment.pictures[:] = _edited(scene, place, 23)
    return _put_back(scene, place, fragment)


def encode_to_size(scene: Scene) -> Expected:
    """As `encode_anew`, and brought to exactly the size that it had, so that nothing moves."""
    place = _with_pictures(scene)
    fragment = Fragment.parse(_of(scene.file.read_bytes(), place))
    was = sum(map(len, fragment.pictures))
    pictures = _edited(scene, place, _WORST_CRF)
    pictures[-1] = padded(pictures[-1], len(pictures[-1]) + was - sum(map(len, pictures)))
    fragment.pictures[:] = pictures
    expected = _put_back(scene, place, fragment)
    assert scene.file.stat().st_size == (scene.anatomy.path / scene.target).stat().st_size
    return expected


def exchange_files(scene: Scene) -> Expected:
    """A file of the recording and the one in the same place of another recording exchanged."""
    others = [each for each in recordings(scene.carrier) if each != scene.path.name]
    having = [each for each in others if (scene.carrier / each / scene.target).exists()]
    other = scene.carrier / scene.chance.choice(having) / scene.target
    mine, theirs = scene.file.read_bytes(), other.read_bytes()
    scene.file.write_bytes(theirs)
    other.write_bytes(mine)
    places = [each for each in scene.anatomy.places if each.file == scene.target]
    return Expected(spots=_changed(scene, places[-1]).spots, guilty=frozenset({other.parent.name}))


def exchange_parts(scene: Scene) -> Expected:
    """The first two media files of the recording exchanged."""
    one, other = sorted(scene.path.glob("*.mp4"))[:2]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    return Expected(spots=tuple(Spot(each.name, codes=_CHANGED) for each in (one, other)))


def edit_photo(scene: Scene) -> Expected:
    """A photograph opened, painted on and saved, with what it said of its time kept."""
    with Image.open(scene.file) as picture:
        painted = picture.copy()
        painted.paste((0, 0, 0), (40, 40, 140, 120))
        painted.save(scene.file, "JPEG", quality=scene.chance.randrange(60, 96), exif=picture.getexif())
    place = next(each for each in scene.anatomy.places if each.file == scene.target)
    return Expected(spots=(Spot(scene.target, place.bytes, place.time, frozenset({"K407"})),))


def _put_back(scene: Scene, place: Place, fragment: Fragment) -> Expected:
    made = fragment.encode()
    scene.change(lambda data: data[: place.bytes[0]] + made + data[place.bytes[1] :])
    if not scene.bare:
        tools.sum_up(scene.path)
        expected = _changed(scene, place)
        return Expected(spots=(*expected.spots, Spot("SHA256SUMS", codes=frozenset({"K606"}))))
    return _changed(scene, place)


def _edited(scene: Scene, place: Place, crf: int) -> list[bytes]:
    """The fragment's pictures as MP4 holds them, with a face covered, say, and each with its own mark."""
    opened, chunk = scene.anatomy.records[0].typed(), place.chunk
    assert isinstance(opened, Opened)
    assert chunk
    with av.open(str(scene.file)) as container:
        frames = list(container.decode(video=0))
    before = sum(each.chunk.frames for each in scene.anatomy.fragments(scene.target)
                 if each.chunk and each.bytes < place.bytes)  # fmt: skip
    encoder = VideoEncoder(reel.WIDTH, reel.HEIGHT, Fraction(reel.RATE), "superfast", crf)
    made = []
    for index, frame in enumerate(frames[before : before + chunk.frames]):
        planes = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
        planes[60:140, 100:200] = 16
        utc_ms = chunk.first_utc_us // 1000 + index * 1000 // reel.RATE
        mark = FrameMark(unit_bits(opened.unit), opened.number % 2**20, (chunk.first_frame + index) % 2**24, utc_ms)
        cells.draw(planes[: reel.HEIGHT], mark)
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        data, _ = encoder.encode(picture, index * reel.PICTURE_US, key=not index)
        made.append(length_prefixed(sei.insert(data, mark)))
    return made


def _any(scene: Scene) -> Place:
    return scene.chance.choice(scene.anatomy.fragments(scene.target))


def _with_pictures(scene: Scene) -> Place:
    fragments = scene.anatomy.fragments(scene.target)
    return scene.chance.choice([each for each in fragments if each.chunk and each.chunk.frames > 1])


def _of(data: bytes, place: Place) -> bytes:
    return data[place.bytes[0] : place.bytes[1]]


def _changed(scene: Scene, *places: Place) -> Expected:
    return Expected(spots=tuple(Spot(scene.target, each.bytes, each.time, _CHANGED) for each in places))
