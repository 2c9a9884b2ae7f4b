"""Plain values that fit a type with its limits, by chance, and often at the limits: what a decoder lets through."""

import re
from functools import cache
from random import Random
from typing import Any

import msgspec
from msgspec import inspect

_TEXTS = (
    "", "a", "0", "KZ0417", "press", "interrogation", "kz-2012-68", "KZ0417-000001-20261122T051500Z", "video-01.mp4",
    "journal-01.cborseq", "Место", "я" * 100, "x" * 200, "00" * 16, "ab" * 32, "\u202e\0\n",
)  # fmt: skip
_INTS = (0, 1, 2, 5, 40, 999, 65_535, 5_000_000, 2_000_000_000, 2**53 - 1, -1, -(2**53), 2**63 - 1)
_MOST = 3  # items of a list


def plain(kind: Any, chance: Random) -> Any:
    """A value of this type, as its encoder would have it."""
    return _new(_info(kind), chance)


def varied(kind: Any, value: Any, chance: Random, often: float = 0.1) -> Any:
    """A plain value with some of its parts made anew."""
    return _varied(_info(kind), value, chance, often)


@cache
def _info(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _varied(info: inspect.Type, value: Any, chance: Random, often: float) -> Any:
    if chance.random() < often:
        return _new(info, chance)
    match info:
        case inspect.UnionType(types=types):
            fitting = [each for each in types if _fits(each, value)]
            return _varied(fitting[0], value, chance, often) if fitting else _new(info, chance)
        case inspect.StructType() if isinstance(value, dict):
            parts = {
                field.encode_name: _varied(field.type, value[field.encode_name], chance, often)
                if field.encode_name in value
                else _new(field.type, chance)
                for field in info.fields
                if field.encode_name in value or chance.random() < often
            }
            return _tagged(info, parts)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item) if isinstance(value, list):
            return [_varied(item, each, chance, often) for each in value]
    return value


def _fits(info: inspect.Type, value: Any) -> bool:
    match info:
        case inspect.StructType():
            return isinstance(value, dict) and (info.tag is None or value.get(info.tag_field or "type") == info.tag)
        case inspect.NoneType():
            return value is None
        case inspect.ListType() | inspect.VarTupleType():
            return isinstance(value, list)
        case _:
            return not isinstance(value, dict | list | None)


def _new(info: inspect.Type, chance: Random) -> Any:
    match info:
        case inspect.UnionType(types=types):
            return _new(chance.choice(types), chance)
        case inspect.StructType():
            fields = [each for each in info.fields if each.required or chance.random() < 0.7]
            values = {each.encode_name: _new(each.type, chance) for each in fields}
            return list(values.values()) if info.array_like else _tagged(info, values)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            least, most = getattr(info, "min_length", 0) or 0, getattr(info, "max_length", None) or _MOST
            return [_new(item, chance) for _ in range(chance.randint(least, max(least, min(most, _MOST))))]
        case inspect.DictType(key_type=key, value_type=value):
            return {_new(key, chance): _new(value, chance) for _ in range(chance.randint(0, _MOST))}
        case inspect.LiteralType(values=values):
            return chance.choice(values)
        case inspect.Metadata(type=inner):
            return _new(inner, chance)
        case _:
            return _scalar(info, chance)


def _tagged(info: inspect.StructType, values: dict[str, Any]) -> dict[str, Any]:
    return values if info.tag is None else {info.tag_field or "type": info.tag} | values


def _scalar(info: inspect.Type, chance: Random) -> Any:
    match info:
        case inspect.BoolType():
            return chance.random() < 0.5
        case inspect.IntType():
            least = info.ge if info.ge is not None else info.gt + 1 if info.gt is not None else None
            most = info.le if info.le is not None else info.lt - 1 if info.lt is not None else None
            ends = [each for each in (least, most) if each is not None]
            numbers = [each for each in _INTS if (least is None or each >= least) and (most is None or each <= most)]
            return chance.choice([*ends, *numbers])
        case inspect.StrType():
            longest, least = info.max_length or 1000, info.min_length or 0
            pattern = re.compile(info.pattern or "")
            fitting = [each for each in _TEXTS if least <= len(each) <= longest and pattern.search(each)]
            return chance.choice(fitting or ["x" * least])
        case inspect.BytesType():
            least = info.min_length or 0
            most = min(info.max_length if info.max_length is not None else 40, least + 40)
            return chance.randbytes(chance.choice((least, most)))
        case inspect.FloatType():
            return chance.choice((0.0, 1.5, -1.0))
        case inspect.AnyType():
            return chance.choice((0, "a", b"a", None, [1], {"a": [1]}, 1.5, 2**64 - 1))
        case _:
            return None


def message(kind: Any, data: bytes, chance: Random) -> bytes:
    """MessagePack of this type with some of its parts made anew; all of it where the bytes are none."""
    try:
        value = msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        value = plain(kind, chance)
    return msgspec.msgpack.encode(varied(kind, value, chance))
