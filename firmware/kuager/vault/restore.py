"""Goes through a unit's recordings on a carrier that has come: ends the dead ones and says what each amounts to.

Only what this unit's own key opened is ended and sealed, so nobody can have the unit sign what it did not record.
What can't be read, was made immutable by others, or was signed by another key is left as it is and stops nothing.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kuager.evidence.cbor import MalformedError
from kuager.evidence.records import Cause, Closed, Died, Opened, Previous, Stamp
from kuager.vault import recovery
from kuager.vault.files import Files
from kuager.vault.identity import Identity
from kuager.vault.layout import RecordingName
from kuager.vault.recovery import Death
from kuager.vault.survey import Survey, is_sealed, recordings, survey
from kuager.vault.unit_memory import MAX_NUMBER

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class End:
    """How a recording ended: the digest of its last record, or of the last that was acknowledged."""

    opened: Opened
    head: bytes
    ending: Literal["closed", "died", "abandoned"]
    cause: Cause

    @property
    def previous(self) -> Previous:
        """As the next recording names it."""
        return Previous(number=self.opened.number, id=self.opened.id, head=self.head)


@dataclass(frozen=True)
class Met:
    """A recording on the carrier. Without `end` only its number counts.

    `death`: it was found dead in this boot, just now if `buried`. `unsealed`: it still lacks its manifest.
    """

    name: RecordingName
    end: End | None = None
    death: Death | None = None
    buried: bool = False
    unsealed: Survey | None = None


def restore(files: Files, identity: Identity, boot: bytes, lost: set[bytes], now: Stamp) -> Iterator[Met]:
    """Each recording of the unit that must be known of, oldest first; raises OSError where the carrier itself fails.

    `lost`: recordings under which this vault lost its carrier.
    """
    own = [name for name in recordings(files, identity.unit) if name.number <= MAX_NUMBER]
    # A sealed recording is finished; only of the newest must the head be known.
    finished = [name for name in own if is_sealed(files, name.text)]
    for name in own:
        if name not in finished[:-1]:
            yield _meet(files, name, identity, boot, lost, now)


def _meet(files: Files, name: RecordingName, identity: Identity, boot: bytes, lost: set[bytes], now: Stamp) -> Met:
    try:
        found = survey(files, name.text)
    except OSError as error:
        _log.warning("%s can't be read, and is left as it is: %s", name.text, error)
        return Met(name)
    if found.opened is None or found.opened.name != name.text or found.signer != identity.signer.public:
        _log.warning("%s holds nothing that this unit's key signed, and is left as it is", name.text)
        return Met(name)
    try:
        return _end(files, name, found, identity, boot, lost, now)
    except (PermissionError, MalformedError) as error:
        _log.warning("%s can't be ended, and is left as it is: %s", name.text, error)
        return Met(name)


def _end(
    files: Files, name: RecordingName, found: Survey, identity: Identity, boot: bytes, lost: set[bytes], now: Stamp
) -> Met:
    assert found.opened is not None
    if not found.sealed:
        recovery.settle(files, found)
    death, buried = None, found.ending == "open"
    if buried:
        cause = recovery.cause_of(found, boot, found.opened.id in lost)
        death = recovery.bury(files, found, cause, identity, boot, now)
    assert found.last is not None
    body = found.last.typed()
    assert isinstance(body, Closed | Died)
    if isinstance(body, Died) and body.boot == boot and death is None:
        death = Death(found, body.cause, found.last.digest, found.until_utc_us)
    end = End(found.opened, found.last.digest, "died" if isinstance(body, Died) else "closed", body.cause)
    return Met(name, end, death, buried, None if found.sealed else found)
