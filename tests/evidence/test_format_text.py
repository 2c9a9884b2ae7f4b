"""FORMAT.md keeps up with the data: every type, every field, every fixed number stands in it."""

import re
from importlib import resources

import msgspec
import pytest

from kuager.evidence import cbor, certificates, journal, manifest
from kuager.evidence.fields import Continues, Device, Previous, Procedure
from kuager.evidence.manifest import File, Interval, Manifest
from kuager.evidence.records import BODIES, Body, TornFile
from kuager.evidence.unit import UNIT_BODIES

TEXT = resources.files("kuager.evidence").joinpath("FORMAT.md").read_text()
RULES, SHELL = (TEXT.split(f"\n## {chapter}")[1] for chapter in ("Record types", "With openssl"))


@pytest.mark.parametrize("type_", [*BODIES, *UNIT_BODIES])
def test_every_type_of_record(type_: str) -> None:
    assert f"**{type_}**" in TEXT or f"| `{type_}` |" in TEXT


PARTS: list[type[Body]] = [Device, Previous, Continues, Procedure, TornFile, File, Interval, Manifest]


@pytest.mark.parametrize("body", [*BODIES.values(), *UNIT_BODIES.values(), *PARTS], ids=lambda body: body.__name__)
def test_every_field(body: type[Body]) -> None:
    for field in msgspec.structs.fields(body):
        name = field.encode_name
        assert any(form in RULES for form in (f"`{name}`", f"{name}: ", f"{name}?: ")), name


def test_numbers() -> None:
    for number in (cbor.MAX_BYTES, manifest.MAX_BYTES, journal.TAIL_BYTES, manifest.MAX_FILES):
        assert f"{number:,}" in TEXT
    assert f"`{certificates.DEVELOPMENT.dotted_string}`" in TEXT
    assert all(f"[{title}](#{anchor}" in TEXT for title, anchor in (("Verdicts", "verdicts"), ("Journal", "journal")))


def test_every_link_in_it_leads_somewhere() -> None:
    titles = [line[3:].lower() for line in TEXT.split("\n") if line.startswith("## ")]
    anchors = {re.sub(r"[^a-z0-9 -]", "", title).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", TEXT)) <= anchors
