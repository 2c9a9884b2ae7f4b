import io
import time

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from kuager.capture import photo
from kuager.capture.photo import Caption
from kuager.evidence.records import Device

CAPTION = Caption(1_795_000_000_123_456, "KZ0417", 42, True, Device(make="Sony", model="IMX708", serial="17"))


def jpeg(**options: object) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", **options)
    return out.getvalue()


def check(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        exif = image.getexif()
        details = exif.get_ifd(IFD.Exif)
    assert exif[Base.ImageDescription] == "KZ0417 #000042 UTC 1795000000123456 us TRAINING"
    assert (exif[Base.Make], exif[Base.Model]) == ("Sony", "IMX708")
    assert details[Base.BodySerialNumber] == "17"
    assert details[Base.SubsecTimeOriginal] == "123456"
    assert details[Base.ImageUniqueID] == "KZ0417-000042-1795000000123456"


def test_the_cameras_own_jpeg_keeps_every_byte_and_gets_the_stamp() -> None:
    own = jpeg()
    stamped = photo.stamp(own, CAPTION)
    assert stamped.startswith(own[:2])
    assert stamped.endswith(own[2:])
    check(stamped)


def test_a_jpeg_that_has_exif_is_left_alone() -> None:
    exif = Image.Exif()
    exif[Base.Make] = "camera"
    own = jpeg(exif=exif)
    assert photo.stamp(own, CAPTION) == own


@pytest.mark.parametrize("bad", [b"", b"\xff\xd8", b"\x89PNG\r\n"])
def test_what_is_no_jpeg_is_refused(bad: bytes) -> None:
    with pytest.raises(ValueError, match="no JPEG"):
        photo.stamp(bad, CAPTION)


def test_a_picture_is_encoded_with_the_stamp() -> None:
    check(photo.encode(Image.new("RGB", (64, 48), "red"), CAPTION))


def test_times_are_local_with_their_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Almaty")
    time.tzset()
    try:
        data = photo.encode(Image.new("RGB", (8, 8)), CAPTION)
    finally:
        monkeypatch.undo()
        time.tzset()
    with Image.open(io.BytesIO(data)) as image:
        details = image.getexif().get_ifd(IFD.Exif)
    assert details[Base.DateTimeOriginal] == "2026:11:18 16:06:40"
    assert details[Base.OffsetTimeOriginal] == "+05:00"
