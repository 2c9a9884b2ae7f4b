"""The items that must be voiced, one after another: put, answered, put again, or stepped over with a note."""

from typing import Literal

from msgspec.structs import replace

from kuager.procedure import MENU, Item
from kuager.session.effects import Moment, Now, Term
from kuager.session.state import Dialogue
from kuager.session.turn import Turn

SPEECH_US = 60_000_000
"""No prompt is longer: later than this it counts as spoken, so that a lost SpeechDone holds up nothing."""
_S = 1_000_000


def items(turn: Turn, name: str) -> tuple[Item, ...]:
    """The pack's items of a dialogue."""
    pack = turn.pack
    single = {"breaking": (pack.breaking,), "resumed": (pack.resumed,)}
    return single.get(name) or (pack.opening if name == "opening" else pack.closing)


def current(turn: Turn) -> Item | None:
    """The item that is being asked for, if any."""
    held = turn.state.recording
    if held is None or held.dialogue is None:
        return None
    listed = items(turn, held.dialogue.name)
    # A state remembered under another pack may point past the end: it then ends there.
    return listed[held.dialogue.step] if held.dialogue.step < len(listed) else None


def choosing(turn: Turn) -> bool:
    """Whether the menu of kinds of action is open."""
    held, item = turn.state.recording, current(turn)
    return bool(item and item.id == MENU and held and held.dialogue and held.dialogue.name == "opening")


def start(turn: Turn, dialogue: Dialogue) -> None:
    """Begin a dialogue with its first item that applies."""
    turn.change(dialogue=dialogue)
    _seek(turn)


def put(turn: Turn, *, cut: bool = False, again: bool = False) -> None:
    """Put the present item; the first time it also becomes a chapter."""
    item, held = current(turn), turn.recording
    if item is None or held.dialogue is None:
        return
    if not again:
        turn.chapter(item.id, item.clause)
    if held.dialogue.name == "closing" and not held.live:
        turn.change(unheard=True)
    offers = held.dialogue.offers + 1
    turn.change(dialogue=replace(held.dialogue, offers=offers, asked_us=turn.at, speaking=True))
    if choosing(turn):
        turn.speak(item.prompt, cut=cut)
        offer(turn)
    elif item is turn.pack.resumed:
        turn.speak(item.prompt, cut=cut, keep=item.keep, now=Now(), since=Moment(boot_us=held.break_us))
        turn.show(item.prompt)
    else:
        turn.speak(item.prompt, cut=cut, keep=item.keep, now=Now())
        turn.show(item.prompt)


def offer(turn: Turn, *, cut: bool = False) -> None:
    """Name the kind of action that the menu stands at."""
    held = turn.recording
    if held.dialogue:
        action = turn.pack.actions[held.dialogue.choice % len(turn.pack.actions)]
        turn.change(dialogue=replace(held.dialogue, asked_us=turn.at, speaking=True))
        turn.speak(action.prompt, cut=cut)
        turn.show(action.prompt)


def next_choice(turn: Turn) -> None:
    """Move the menu on by one, and give the person time again."""
    dialogue = turn.recording.dialogue
    if dialogue:
        choice = (dialogue.choice + 1) % len(turn.pack.actions)
        turn.change(dialogue=replace(dialogue, choice=choice, offers=1))
        offer(turn, cut=True)


def choose(turn: Turn) -> None:
    """Take the kind of action that the menu stands at."""
    dialogue = turn.recording.dialogue
    if dialogue:
        action = turn.pack.actions[dialogue.choice % len(turn.pack.actions)]
        state_action(turn, action.id, "chosen")


def state_action(turn: Turn, action: str, stated: Literal["assigned", "chosen", "not-stated"]) -> None:
    """The kind of action is known (or stays not stated): tell vault and people, and leave the menu."""
    menu = choosing(turn)
    turn.change(action=action, stated=stated)
    turn.set_procedure()
    if action:
        turn.speak("menu.chosen", cut=menu, action=Term(key=f"action.{action}"))
    else:
        turn.note("action-not-stated")
        turn.speak("menu.not-stated", cut=menu)
    if menu:
        advance(turn, cut=False)
    else:
        _ask_witnesses(turn)


def _ask_witnesses(turn: Turn) -> None:
    # The action became known late: witnesses that are obligatory for it are asked for now.
    held, opening = turn.recording, turn.pack.opening
    known = turn.pack.action(held.action)
    at = next((step for step, item in enumerate(opening) if item.when == "witnesses"), None)
    passed = held.stage == "recording" and held.dialogue is None
    if held.stage == "opening" and held.dialogue and held.dialogue.name == "opening":
        passed = at is not None and held.dialogue.step > at
    if known and known.witnesses and at is not None and passed and held.id is not None:
        turn.change(stage="opening", dialogue=Dialogue(name="opening", step=at))
        put(turn)


def advance(turn: Turn, *, cut: bool = True) -> None:
    """Step on to the next item that applies, or past the end."""
    dialogue = turn.recording.dialogue
    if dialogue:
        turn.change(dialogue=Dialogue(name=dialogue.name, step=dialogue.step + 1))
        _seek(turn)
        if turn.recording.dialogue:
            put(turn, cut=cut)
        else:
            _over(turn, dialogue.name, cut)


def spoken(turn: Turn, prompt: str) -> None:
    """A prompt was heard: what only the unit says is done with it; for the rest the person's time begins."""
    held, item = turn.state.recording, current(turn)
    if held is None or held.dialogue is None or item is None or not held.dialogue.speaking:
        return
    if prompt != _awaited(turn):
        return
    turn.change(dialogue=replace(held.dialogue, speaking=False, asked_us=turn.at))
    if item.speaker == "unit" and not item.confirms and not choosing(turn):
        advance(turn, cut=False)


def wait(turn: Turn) -> None:
    """Time passes: ask again, or step over what nobody answers."""
    held, item = turn.state.recording, current(turn)
    if held is None or held.dialogue is None or item is None:
        return
    dialogue, asking = held.dialogue, turn.pack.asking
    waited = turn.at - dialogue.asked_us
    if dialogue.speaking:
        if waited >= SPEECH_US:
            spoken(turn, _awaited(turn))
        return
    if dialogue.name == "closing":
        if waited >= asking.closing_repeat_s * _S:
            put(turn, again=True)
        return
    patience, most = (
        (turn.pack.menu.wait_s, turn.pack.menu.offers) if choosing(turn) else (asking.repeat_s, asking.offers)
    )
    if waited < patience * _S:
        return
    if dialogue.offers < most:
        put(turn, again=True)
    elif choosing(turn):
        state_action(turn, "", "not-stated")
    else:
        turn.note("item-not-answered", item=item.id)
        advance(turn)


def _awaited(turn: Turn) -> str:
    # The prompt whose end the present item waits for: in the menu, the name of the kind of action.
    item, dialogue = current(turn), turn.recording.dialogue
    if item is None or dialogue is None:
        return ""
    return turn.pack.actions[dialogue.choice % len(turn.pack.actions)].prompt if choosing(turn) else item.prompt


def _seek(turn: Turn) -> None:
    # Stop at the first item from here that applies; with none left the dialogue is over.
    held = turn.recording
    dialogue = held.dialogue
    while dialogue and (item := current(turn)):
        if _applies(turn, item, dialogue.name):
            return
        dialogue = replace(dialogue, step=dialogue.step + 1)
        turn.change(dialogue=dialogue)
    turn.change(dialogue=None)


def _applies(turn: Turn, item: Item, name: str) -> bool:
    held = turn.recording
    if name == "opening" and item.id == MENU:
        return held.stated == "not-stated"
    action = turn.pack.action(held.action)
    match item.when:
        case "witnesses":
            return action is not None and action.witnesses
        case "operator":
            return bool(turn.state.operator)
        case _:
            return True


def _over(turn: Turn, name: str, cut: bool) -> None:
    match name:
        case "opening":
            turn.change(stage="recording")
            turn.speak("opening.done", cut=cut)
            turn.show("")
        case "breaking":
            # Nobody confirmed the break: recording goes on.
            cancel(turn, "break.cancelled")
        case _:
            back(turn)


def back(turn: Turn) -> None:
    """Return from what was asked in between to the opening dialogue, or to plain recording."""
    kept = turn.recording.kept
    turn.change(dialogue=kept, kept=None, stage="opening" if kept else "recording")
    if kept:
        put(turn, again=True)
    else:
        turn.show("")


def cancel(turn: Turn, prompt: str) -> None:
    """Take back a closing or a break that was asked for; recording goes on."""
    turn.speak(prompt, cut=True)
    back(turn)


def ask(turn: Turn, name: Literal["closing", "breaking"]) -> None:
    """Put another dialogue in between: the closing, or the reason for a break."""
    held = turn.recording
    kept = held.dialogue if held.dialogue and held.dialogue.name == "opening" else held.kept
    turn.change(kept=kept, stage=name, dialogue=Dialogue(name=name), unheard=False)
    _seek(turn)
    put(turn, cut=True)
