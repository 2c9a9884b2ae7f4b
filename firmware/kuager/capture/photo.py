"""Stills: the camera's own JPEG where it makes one, else the picture before anything is burned in; stamped in EXIF.

EXIF is put in as one APP1 segment after the start of image (ISO/IEC 10918-1, B.1.1.3); not a byte of the camera's own
image data is touched, and a JPEG that has EXIF already keeps it as it is.
"""

import io
import time
from dataclasses import dataclass

import av
from PIL import Image
from PIL.ExifTags import IFD, Base

from kuager.evidence.records import Device

_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Caption:
    """What EXIF says of a still."""

    utc_us: int
    unit: str
    number: int
    training: bool
    camera: Device | None


def stamp(jpeg: bytes, caption: Caption) -> bytes:
    """The JPEG with the caption in EXIF. Raises ValueError where the bytes are no JPEG."""
    if not jpeg.startswith(b"\xff\xd8\xff"):
        raise ValueError("the camera's still is no JPEG")
    if b"Exif\0\0" in jpeg[: max(0, jpeg.find(b"\xff\xda"))]:  # a segment before the scan
        return jpeg
    body = _exif(caption)
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def make(image: bytes | av.VideoFrame, caption: Caption) -> bytes:
    """A JPEG with the caption in EXIF of what a camera gave. Raises ValueError where its bytes are no JPEG."""
    if isinstance(image, bytes):
        return stamp(image, caption)
    return encode(Image.fromarray(image.to_ndarray(format="rgb24")), caption)


def encode(image: Image.Image, caption: Caption) -> bytes:
    """A JPEG of this picture with the caption in EXIF."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, exif=_exif(caption))
    return out.getvalue()


def _exif(caption: Caption) -> bytes:
    seconds, micros = divmod(caption.utc_us, 1_000_000)
    local = time.localtime(seconds)
    taken = time.strftime("%Y:%m:%d %H:%M:%S", local)
    offset = time.strftime("%z", local)
    exif = Image.Exif()
    words = [caption.unit, f"#{caption.number:06}", f"UTC {caption.utc_us} us"] + ["TRAINING"] * caption.training
    exif[Base.ImageDescription] = " ".join(words)
    exif[Base.DateTime] = taken
    exif[Base.Software] = "Kuager"
    if caption.camera:
        exif[Base.Make], exif[Base.Model] = caption.camera.make, caption.camera.model
    details = exif.get_ifd(IFD.Exif)
    details[Base.DateTimeOriginal] = taken
    details[Base.SubsecTimeOriginal] = f"{micros:06}"
    details[Base.OffsetTimeOriginal] = f"{offset[:3]}:{offset[3:]}"
    details[Base.ImageUniqueID] = f"{caption.unit}-{caption.number:06}-{caption.utc_us}"
    if caption.camera and caption.camera.serial:
        details[Base.BodySerialNumber] = caption.camera.serial
    return exif.tobytes()
