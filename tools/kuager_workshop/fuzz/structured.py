"""Changes within what a format is built of: messages, frames, COSE, CBOR, lines of TOML, the nested parts of DER."""

import base64
from random import Random
from typing import Any

import msgspec

from kuager.evidence import cbor, cose, manifest
from kuager.evidence.cbor import MalformedError
from kuager_workshop.fuzz import typed
from kuager_workshop.fuzz.mutate import encoded, plain_mutated
from kuager_workshop.fuzz.target import Mutator

_LINES = (
    "[unit]", "[camera]", "[[opening]]", "[pins]", 'name = "KZ1"', 'board = "pi-5"', "rate = 30", "x = [", "]",
    "a.b.c = 1", '"a" = 1', "a = {b = [1, {c = 2}]}", "d = 1979-05-27T07:32:00Z", "t = 07:32:00", "f = inf",
    "s = '''", 'm = """', "camera.device.x = 1", 'path = "~nobody/x"', "width = 1281", "record = 2", "mark = 2",
    "confirms = true",
)  # fmt: skip
_TELLING = ("true", "-1", "0", "99999999999999999999", '""', "[]", "{}", "nan", '"я"', '"' + "x" * 300 + '"', "'\\'")
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
_CONSTRUCTED = 0x20


def messages(*kinds: Any) -> Mutator:
    """A stream of frames: one of them says something else, or there is one more."""

    def changed(data: bytes, chance: Random) -> bytes:
        frames = _frames(data)
        kind = chance.choice(kinds)
        at = chance.randint(0, len(frames))
        frames[at : at + 1] = [typed.message(kind, frames[at] if at < len(frames) else b"", chance)]
        return b"".join(len(each).to_bytes(4, "big") + each for each in frames)

    return changed


def _frames(data: bytes) -> list[bytes]:
    frames, at = [], 0
    while at + 4 <= len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        frames.append(data[at + 4 : end])
        at = end
    return frames


def message(kind: Any) -> Mutator:
    """One message without a frame."""
    return lambda data, chance: typed.message(kind, data, chance)


def json_line(*kinds: Any) -> Mutator:
    """A line of JSON with another, or itself with parts made anew."""
    return lambda data, chance: data + msgspec.json.encode(typed.plain(chance.choice(kinds), chance)) + b"\n"


def item(data: bytes, chance: Random) -> bytes:
    """A CBOR item that says something else."""
    try:
        return encoded(plain_mutated(cbor.decode(data), chance))
    except MalformedError:
        return data


def signed(data: bytes, chance: Random) -> bytes:
    """A COSE_Sign1 whose payload, a manifest, says something else."""
    try:
        alg, payload, signature = cose.parse(data, manifest.MAX_BYTES)
        value = cbor.decode(payload or b"", manifest.MAX_BYTES)
    except MalformedError:
        return data
    changed = typed.varied(manifest.Manifest, value, chance, 0.03)
    if chance.random() < 0.5:
        changed = plain_mutated(value, chance)
    return b"\xd2" + encoded([encoded({1: alg}), {}, encoded(changed), signature])


def lines(data: bytes, chance: Random) -> bytes:
    """A text whose lines are left out, put twice, exchanged, or say something else."""
    text = data.decode(errors="replace").split("\n")
    for _ in range(chance.randint(1, 3)):
        at, to = chance.randrange(len(text)), chance.randint(0, len(text))
        match chance.randrange(5):
            case 0 if len(text) > 1:
                del text[at]
            case 1:
                text.insert(to, text[at])
            case 2:
                text[to:to] = [chance.choice(_LINES)] * chance.choice((1, 1, 1, 200))
            case 3:
                key, equals, _ = text[at].partition("=")
                text[at] = f"{key}{equals} {chance.choice(_TELLING)}"
            case _:
                text[at] = text[at].removeprefix("#").lstrip()
    return "\n".join(text).encode()


def certificate(data: bytes, chance: Random) -> bytes:
    """A certificate, PEM or DER, of which one nested part is changed and the lengths around it are right."""
    if not data.startswith(_BEGIN):
        return _der(data, chance)
    body = data.removeprefix(_BEGIN).partition(b"-----")[0]
    try:
        der = base64.b64decode(body)
    except ValueError:
        return data
    return _BEGIN + base64.encodebytes(_der(der, chance)) + _END


def _der(data: bytes, chance: Random) -> bytes:
    parts = _parts(data)
    if not parts:
        return _changed(data, chance)
    at = chance.randrange(len(parts))
    tag, content = parts[at]
    if tag & _CONSTRUCTED and chance.random() < 0.93:
        parts[at] = (tag, _der(content, chance))
    else:
        match chance.randrange(6):
            case 0:
                del parts[at]
            case 1:
                parts.insert(at, parts[at])
            case 2:
                parts[at] = (chance.choice((tag ^ 0x20, 0x13, 0x0C, 0x1E, 0x14, 0x05, 0x02, 0x80)), content)
            case _:
                parts[at] = (tag, _changed(content, chance))
    return b"".join(bytes([tag]) + _length(len(content)) + content for tag, content in parts)


def _changed(data: bytes, chance: Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice((b"", b"\0", b"\xff", chance.randbytes(3))) + data[at + chance.randint(0, 2) :]


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """The parts that stand one after another in DER; empty where the bytes are none."""
    parts, at = [], 0
    while at + 2 <= len(data):
        tag, size, head = data[at], data[at + 1], 2
        if size & 0x80:
            head += size & 0x7F
            size = int.from_bytes(data[at + 2 : at + head], "big")
        if at + head + size > len(data):
            return []
        parts.append((tag, data[at + head : at + head + size]))
        at += head + size
    return parts if at == len(data) else []


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    body = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(body)]) + body
