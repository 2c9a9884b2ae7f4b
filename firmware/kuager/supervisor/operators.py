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
        if not self._path.exists():
            return unnamed, ""
        try:
            text = toml.read(self._path, "table of operators", _MAX_BYTES)
            table = toml.decode(text, _Table, str(self._path))
        except UsageError as error:
            return unnamed, str(error)
        named = table.operators.get(uid)
        return (f"{named} (card {uid})"[:200] if named else unnamed), ""
