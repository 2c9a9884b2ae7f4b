"""A procedure pack: what one order asks of a session, as checked data."""

from functools import cache
from importlib import resources
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kuager.errors import UsageError
from kuager.evidence import records
from kuager.evidence.records import Mode, Name
from kuager.toml import decode

Language = Literal["ru", "kk", "en"]
Seconds = Annotated[int, Meta(ge=1, le=3600)]
Clause = Annotated[str, Meta(min_length=1, max_length=40)]
Speaker = Literal["unit", "person", "both"]
MENU = "action"
"""The opening item with this id is the menu of kinds of action."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are errors."""


class Words(_Table, frozen=True, kw_only=True):
    """One text in each language of the unit."""

    ru: Annotated[str, Meta(max_length=450)]
    kk: Annotated[str, Meta(max_length=450)]
    en: Annotated[str, Meta(max_length=450)]

    def say(self, language: str) -> str:
        """The text in a language; English where the unit has no such language."""
        return {"ru": self.ru, "kk": self.kk}.get(language, self.en)


class Action(_Table, frozen=True, kw_only=True):
    """A kind of action and whether attesting witnesses are obligatory for it, by which clause."""

    id: Name
    witnesses: bool
    clause: Clause

    @property
    def prompt(self) -> str:
        """Its name in the catalogue."""
        return f"action.{self.id}"


class Item(_Table, frozen=True, kw_only=True):
    """Something that must be voiced: by the unit, the person in charge, or both; it becomes a chapter."""

    id: Name
    clause: Clause
    speaker: Speaker
    prompt: Name
    when: Literal["always", "witnesses", "operator"] = "always"
    keep: bool = False  # the prompt itself is part of what is demanded: it is never cut short
    confirms: bool = False  # not the mark button but record passes it: the deliberate end


class Menu(_Table, frozen=True, kw_only=True):
    """How often the kinds of action are offered before the action counts as not stated."""

    wait_s: Seconds
    offers: Annotated[int, Meta(ge=1, le=20)]


class Asking(_Table, frozen=True, kw_only=True):
    """How patiently items are asked for."""

    repeat_s: Seconds  # an opening item is asked for again after this
    offers: Annotated[int, Meta(ge=1, le=20)]  # then the unit steps on, and journals that it was not answered
    closing_repeat_s: Seconds  # the closing question is put again after this, without end
    break_reminder_s: Seconds  # during a break


class Resuming(_Table, frozen=True, kw_only=True):
    """After a recording died: whether a new one continues it alone or on a press."""

    after_vault: Literal["alone", "press"]
    after_power: Literal["alone", "press"]
    within_s: Annotated[int, Meta(ge=0, le=86400)]  # later than this after a loss of power it is another action


class PreRoll(_Table, frozen=True, kw_only=True):
    """What was seen before the press."""

    seconds: Annotated[int, Meta(ge=0, le=120)]
    sound: bool


class Pack(_Table, frozen=True, kw_only=True):
    """One procedure."""

    id: Name
    title: Words
    citation: Words
    force: Words  # since when it binds, or that it no longer does: always printed beside the citation
    modes: Annotated[tuple[Mode, ...], Meta(min_length=1)]
    stills_sound: bool
    pre_roll: PreRoll
    position: bool = False  # where the unit is, by its receiver, is part of a recording
    menu: Menu
    asking: Asking
    resuming: Resuming
    actions: Annotated[tuple[Action, ...], Meta(min_length=1, max_length=40)]
    opening: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=40)]
    closing: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=40)]
    breaking: Item
    resumed: Item
    interruption: Item

    def action(self, id_: str) -> Action | None:
        """A kind of action by its id."""
        return next((action for action in self.actions if action.id == id_), None)

    def procedure(
        self, action: str, stated: Literal["assigned", "chosen", "not-stated"], language: str
    ) -> records.Procedure:
        """What a recording says of its procedure; witnesses as the kind of action has them."""
        kind = self.action(action)
        return records.Procedure(
            id=self.id,
            title=self.title.say(language),
            citation=f"{self.citation.say(language)} {self.force.say(language)}",
            action=action,
            action_stated=stated,
            witnesses="obligatory" if kind and kind.witnesses else "not-obligatory",
        )

    def __post_init__(self) -> None:
        for what, ids in (
            ("action", [action.id for action in self.actions]),
            ("opening item", [item.id for item in self.opening]),
            ("closing item", [item.id for item in self.closing]),
        ):
            for id_ in ids:
                if ids.count(id_) > 1:
                    raise ValueError(f"the {what} `{id_}` is there twice")
        if [item.confirms for item in self.closing] != [False] * (len(self.closing) - 1) + [True]:
            raise ValueError("the last closing item, and no other, must have `confirms = true`")
        if any(item.confirms for item in self.opening):
            raise ValueError("no opening item may have `confirms`")


def load(text: str, source: str) -> Pack:
    """A pack from its TOML text. Raises UsageError, which names `source` and the line."""
    return decode(text, Pack, source)


@cache
def pack(id_: str = "kz-2012-68") -> Pack:
    """A pack that comes with the product. Raises UsageError where there is none of that id."""
    folder = resources.files("kuager.procedure")
    names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    if id_ not in names:
        raise UsageError(f"there is no procedure pack `{id_}`; choose one of: {', '.join(names)}")
    name = f"{id_}.toml"
    return load(folder.joinpath(name).read_text("utf-8"), name)
