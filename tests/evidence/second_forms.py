"""The second checker's forms: CBOR, COSE_Sign1, and the maps of FORMAT.md's tables. See second_checker.py."""

import io
import re
from typing import Any, NamedTuple

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

MAX_RECORD, MAX_MANIFEST = 65_536, 4_194_304

CHOICES: dict[str, tuple[object, ...]] = {
    "version": (1,),
    "mode": ("video", "sound", "stills"),
    "stream": ("video", "sound"),
    "kind": ("init", "fragment"),
    "ending": ("closed", "died"),
    "over": ("closed", "died", "abandoned"),
    "after": ("start", "closed", "abandoned"),
    "state": ("synchronised", "holdover", "unset"),
    "stated": ("assigned", "chosen", "not-stated"),
    "witnesses": ("obligatory", "not-obligatory"),
    "cause": (
        *("press", "closing", "break", "mode", "power", "camera", "microphone", "carrier", "software", "heat"),
        *("shutdown", "limit"),
    ),
}
# key:kind, key?:kind where it may be left out; kind[n] is an array of at most n.
MAPS = {
    "opened": "version:version id:id name:name unit:name number:count boot:id board:name firmware:short device:device"
    " camera?:device microphone?:device carrier?:device mode:mode language:short procedure:procedure operator?:short"
    " pre_roll_us?:count recording_key:digest certificates:bytes[8] previous?:previous continues?:continues",
    "interval-begun": "interval:count cause:cause streams:stream[2] first_us:count first_utc_us:count width?:count"
    " height?:count rate_millihertz?:count sample_rate?:count camera?:device microphone?:device",
    "interval-ended": "interval:count cause:cause last_us:count last_utc_us:count detail?:short",
    "chunk": "file:name interval:count kind:kind offset:count length:count sha256:digest first_us:count last_us:count"
    " first_utc_us:count key?:bool standby?:bool frames?:count first_frame?:count samples?:count first_sample?:count",
    "gap": "interval:count stream:stream cause:cause from_us:count to_us:count frames?:count first_sample?:count"
    " samples?:count detail?:short",
    "photo": "file:name interval?:count length:count sha256:digest at_us:count at_utc_us:count",
    "event": "code:name data?:flat",
    "prompt": "prompt:name language:short text:text from_us:count to_us:count audible?:bool",
    "chapter": "chapter:count item:name title:text clause?:short at_us:count",
    "clock-step": "step_us:int before:stamp after:stamp",
    "battery": "percent:percent millivolts?:count charging?:bool",
    "checkpoint": "durable_us?:count bytes?:count",
    "closed": "cause:cause dialogue:bool missing?:short[]",
    "died": "version:version id:id boot:id cause:cause last:stamp durable_us?:count journals:torn[]"
    " certificates:bytes[8]",
    "unit-begun": "version:version id:id unit:name device:device certificates:bytes[8] next_number:count"
    " earlier?:torn[]",
    "started": "boot:id firmware:short board:name",
    "not-recording": "since:stamp after:after",
    "recording-opened": "number:count id:id name:name head:digest carrier?:device",
    "recording-ended": "number:count id:id name:name head:digest ending:over cause:cause",
    "recording-sealed": "number:count id:id manifest:digest protections?:short[16]",
    "manifest": "version:version id:id name:name unit:name number:count board:name firmware:short device:device"
    " camera?:device microphone?:device carrier?:device mode:mode language:short procedure:procedure operator?:short"
    " opened:stamp ending:ending cause:cause dialogue?:bool missing?:short[] ended:stamp intervals?:interval[1024]"
    " files:file[16384] chapters?:chapter[1024] protections?:short[16] head:digest records:count sums:hex"
    " previous?:previous continues?:continues",
    "interval": "interval:count streams:stream[2] begun:cause ended:cause first_us:count first_utc_us:count"
    " last_us:count last_utc_us:count state:state uncertainty_us:count files?:name[1024]",
    "file": "name:name format:short bytes:count proven:count sha256:digest",
    "device": "make:short model:short serial?:short",
    "previous": "number:count id:id head:digest",
    "continues": "id:id head:digest cause:cause until_utc_us:count",
    "procedure": "id:name title:text citation?:text action?:short action_stated?:stated witnesses?:witnesses",
    "torn": "file:name length:count proven:count tail_sha256:digest",
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def fits(kind: str, value: Any) -> bool:
    """Whether a decoded value is of a kind in FORMAT.md's tables. Unknown keys in maps are ignored."""
    if array := re.fullmatch(r"(.+)\[(\d*)\]", kind):
        most = int(array[2] or MAX_RECORD)
        least = array[1] in ("bytes", "stream")
        return isinstance(value, list) and least <= len(value) <= most and all(fits(array[1], each) for each in value)
    if kind in CHOICES:
        return type(value) is type(CHOICES[kind][0]) and value in CHOICES[kind]
    if kind in MAPS:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            return False
        fields = (field.split(":") for field in MAPS[kind].split())
        return all(fits(of, value[key.strip("?")]) if key.strip("?") in value else "?" in key for key, of in fields)
    if kind in ("count", "int", "percent"):
        low, high = {"count": (0, 2**53 - 1), "int": (-(2**64), 2**64 - 1), "percent": (0, 100)}[kind]
        return type(value) is int and low <= value <= high
    if kind in ("id", "digest", "bytes"):
        return isinstance(value, bytes) and len(value) == {"id": 16, "digest": 32}.get(kind, len(value))
    if kind == "stamp":
        parts = ("count", "count", "state", "count")
        return isinstance(value, list) and len(value) == 4 and all(map(fits, parts, value))
    if kind == "body":
        return isinstance(value, dict) and all(isinstance(key, str) for key in value)
    if kind == "type":
        return isinstance(value, str) and 1 <= len(value) <= 100
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "flat":
        plain_values = all(isinstance(each, str | int) for each in value.values()) if isinstance(value, dict) else False
        return plain_values and all(fits("short", key) for key in value)
    text = {"name": NAME, "hex": re.compile("[0-9a-f]{64}")}.get(kind)
    most = {"short": 200, "text": 1000}.get(kind, 100)
    return isinstance(value, str) and (bool(text.fullmatch(value)) if text else len(value) <= most)


def plain(value: Any, room: int = 16) -> Any:
    """The value, arrays as lists, if it is of the plain part of CBOR that is allowed; else ValueError."""
    if value is None or isinstance(value, bool | bytes | str):
        return value
    if type(value) is int and -(2**64) <= value < 2**64:
        return value
    if room and isinstance(value, list | tuple):
        return [plain(each, room - 1) for each in value]
    counted = isinstance(value, dict) and all(type(key) is int and key >= 0 for key in value)
    if room and isinstance(value, dict) and (counted or all(isinstance(key, str) for key in value)):
        return {key: plain(each, room - 1) for key, each in value.items()}
    raise ValueError("not plain CBOR")


def encode(value: Any) -> bytes:
    """The one encoding of a value."""
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes) -> tuple[Any, int]:
    """The first item of `data` and its length. ValueError if it is not in the one encoding of an allowed value."""
    stream = io.BytesIO(data)
    try:
        raw = cbor2.CBORDecoder(stream).decode()
        value, length = plain(raw), stream.tell()
        if encode(value) == data[:length]:
            return value, length
    except (cbor2.CBORError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise ValueError("not CBOR") from error
    raise ValueError("not in the one encoding")


def decode_whole(data: bytes) -> Any:
    """As `decode`, of a single item."""
    value, length = decode(data)
    if length != len(data):
        raise ValueError("bytes after the item")
    return value


PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey


ES256, EDDSA = b"\xa1\x01\x26", b"\xa1\x01\x27"  # protected headers


class Sign1(NamedTuple):
    """A COSE_Sign1 in form."""

    protected: bytes
    payload: bytes | None
    signature: bytes

    def signed(self, kind: str, recording: bytes, payload: bytes) -> bytes:
        """The Sig_structure: exactly the bytes that are signed."""
        aad = encode([f"kuager/{kind}/1", recording])
        return encode(["Signature1", self.protected, aad, payload])

    @property
    def eddsa(self) -> bool:
        """Ed25519, and not ECDSA."""
        return self.protected == EDDSA

    def good(self, kind: str, recording: bytes, payload: bytes, key: PublicKey) -> bool:
        """Whether the key made the signature over this payload, for this use in this recording."""
        signed = self.signed(kind, recording, payload)
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(self.signature, signed)
                return self.eddsa
            if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
                key.verify(self.der(), signed, ec.ECDSA(SHA256()))
                return self.protected == ES256
        except InvalidSignature:
            pass
        return False

    def der(self) -> bytes:
        """The signature as OpenSSL reads it, for ECDSA."""
        r, s = (int.from_bytes(part) for part in (self.signature[:32], self.signature[32:]))
        return utils.encode_dss_signature(r, s)


def sign1(data: bytes) -> Sign1:
    """A COSE_Sign1 of exactly the form allowed; else ValueError."""
    parts = decode_whole(data[1:]) if data[:1] == b"\xd2" else None
    if isinstance(parts, list) and len(parts) == 4:
        protected, unprotected, payload, signature = parts
        form = protected in (ES256, EDDSA) and unprotected == {} and isinstance(payload, bytes | None)
        if form and isinstance(signature, bytes) and len(signature) == 64:
            return Sign1(protected, payload, signature)
    raise ValueError("not a COSE_Sign1")
