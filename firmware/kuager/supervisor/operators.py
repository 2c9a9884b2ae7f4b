"""Who a card belongs to: the table operators.toml beside the settings. A card that is not in it is told by its number.

The number of a card is no secret and proves little: it can be copied. It is kept as it is, so that an investigator
finds it in the list of cards; a digest of so few digits would hide nothing.
"""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from kuager import toml
from kuager.errors import UsageError
from kuager.evidence.records import Short

_MAX_BYTES = 256 * 1024
Uid = Annotated[str, Meta(pattern=r"^[0-9A-F]{4,32}\Z")]


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    operators: dict[Uid, Annotated[Short, Meta(min_length=1)]] = {}


class Operators:
    """The table in a file; read anew for each card, so that a change counts at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def name(self, uid: str) -> tuple[str, str]:
        """The operator as recordings name them, and what is wrong with the table (empty: nothing)."""
        unnamed = f"card {uid}"
        try:
            with self._path.open("rb") as stream:
                raw = stream.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return unnamed, ""
        except OSError as error:
            return unnamed, f"{self._path}: the table of operators can't be read: {error.strerror}"
        try:
            if len(raw) > _MAX_BYTES:
                raise UsageError(f"{self._path}: the table of operators is longer than {_MAX_BYTES} bytes")
            table = toml.decode(raw.decode(), _Table, str(self._path))
        except UnicodeDecodeError:
            return unnamed, f"{self._path}: the table of operators is not UTF-8"
        except UsageError as error:
            return unnamed, str(error)
        named = table.operators.get(uid)
        return (f"{named} (card {uid})"[:200] if named else unnamed), ""
