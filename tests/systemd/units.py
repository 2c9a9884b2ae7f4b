"""Reads the unit files of systemd/ as systemd does, as far as they use its syntax."""

from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ROOM = REPOSITORY / "systemd"
SYSTEM = ROOM / "system"

Section = dict[str, list[str]]


def read(path: Path) -> dict[str, Section]:
    """Section -> key -> all its values, in order."""
    sections: dict[str, Section] = {}
    section: Section = {}
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), defaultdict(list))
        elif line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            section[key].append(value)
    return sections


def services() -> list[Path]:
    """All our services."""
    return sorted(SYSTEM.glob("kuager-*.service"))


def words(section: Section, key: str) -> list[str]:
    """All values of a key, split at blanks."""
    return [word for value in section.get(key, []) for word in value.split()]


def lines(path: Path) -> list[list[str]]:
    """A sysusers or tmpfiles file: the fields of each line."""
    return [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
