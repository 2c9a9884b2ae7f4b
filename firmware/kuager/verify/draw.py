"""Draws a recording's story in a terminal: how it was made, a bar of its intervals, what happened when, its files."""

from collections.abc import Callable, Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kuager.catalogue.reading import Reader
from kuager.evidence.records import Device, Stamp
from kuager.evidence.rules_recording import RecordingJudge
from kuager.evidence.rules_trust import UNKNOWN_US
from kuager.evidence.verdict import iso
from kuager.verify.plain import grouped, plain
from kuager.verify.timeline import Moment, Stretch, Timeline

_STYLES = {
    "interval": "green",
    "end": "bold",
    "gap": "yellow",
    "prompt": "dim",
    "chapter": "cyan",
    "event": "",
    "clock": "magenta",
    "photo": "blue",
}
_SIGNS = {
    "interval": "●", "end": "■", "gap": "▲", "prompt": "“", "chapter": "▼", "event": "·", "clock": "◷", "photo": "◉",
}  # fmt: skip


def draw(console: Console, judge: RecordingJudge, timeline: Timeline, words: Reader) -> None:
    """Everything on one console; raises nothing for whatever the data hold."""
    opened = judge.story.opened
    if opened is None:
        console.print(Text(words("show.nothing"), style="red"))
        return
    console.print(
        Panel(
            Group(_about(judge, words), Text(), _bar(timeline, console.width - 4)),
            title=Text(plain(opened.name), style="bold"),
            title_align="left",
            box=box.ROUNDED,
        )
    )
    console.print(_happened(timeline, words))
    console.print(_files(judge, words))
    console.print(Text(words("show.shown"), style="dim"))


def _about(judge: RecordingJudge, words: Reader) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in _rows(judge, words):
        grid.add_row(label, Text(plain(value)))
    return grid


def _rows(judge: RecordingJudge, words: Reader) -> Iterator[tuple[str, str]]:
    story, opened, manifest = judge.story, judge.story.opened, judge.claimed
    assert opened
    assert story.opened_at
    yield words("show.unit"), f"{opened.unit}, {_device(opened.device)}, {opened.firmware}"
    yield words("show.board"), words.word("board", opened.board)
    for part in ("camera", "microphone", "carrier"):
        device = getattr(opened, part)
        if device:
            yield words(f"show.{part}"), _device(device)
    yield words("show.mode"), f"{words.word('screen', opened.mode)}, {words.word('tongue', opened.language)}"
    procedure = manifest.procedure if manifest else opened.procedure
    yield words("show.procedure"), ", ".join(filter(None, [procedure.id, procedure.title, procedure.citation]))
    witnesses = f" ({words('show.witnesses')})" if procedure.witnesses == "obligatory" else ""
    yield (
        words("show.action"),
        (words.word("action", procedure.action) if procedure.action else words("show.not-stated")) + witnesses,
    )
    if opened.operator:
        yield words("show.operator"), opened.operator
    yield words("show.opened"), iso(story.opened_at.utc_us)
    yield words("show.ended"), _ending(judge, words)
    yield words("show.clock"), _clock(story.opened_at, words)
    yield words("show.chain"), _chain(judge, words)
    if manifest:
        held = tuple(manifest.protections) or ("none",)
        yield words("show.protections"), words("show.as-manifest", list=held)
    else:
        yield words("show.protections"), words("show.no-manifest")


def _ending(judge: RecordingJudge, words: Reader) -> str:
    story = judge.story
    if story.ended_at is None:
        return words("show.unended")
    at = iso(story.ended_at.utc_us)
    if story.closed:
        return words("show.closed", at=at, cause=story.closed.cause)
    return words("show.died", at=at, cause=story.died.cause if story.died else "")


def _clock(stamp: Stamp, words: Reader) -> str:
    state = words.word("state", stamp.state)
    if stamp.uncertainty_us >= UNKNOWN_US:
        return words("show.error-unknown", state=state)
    return words("show.error", state=state, seconds=f"{stamp.uncertainty_us / 1e6:g}")


def _chain(judge: RecordingJudge, words: Reader) -> str:
    opened = judge.story.opened
    assert opened
    previous, continues = opened.previous, opened.continues
    text = words("show.follows", number=previous.number, id=previous.id.hex()[:8]) if previous else words("show.first")
    if continues:
        until = iso(continues.until_utc_us)
        text += f"; {words('show.continues', id=continues.id.hex()[:8], until=until, cause=continues.cause)}"
    return text


def _device(device: Device) -> str:
    return " ".join(filter(None, [device.make, device.model, device.serial]))


def _bar(timeline: Timeline, width: int) -> RenderableType:
    """The whole time from left to right: intervals as blocks, declared gaps in them, chapters above."""
    stretches = timeline.intervals
    if not stretches or width < 20:
        return Text()
    begin, end = stretches[0].begin, max(stretch.end for stretch in stretches)
    span = max(1, end.boot_us - begin.boot_us)

    def column(at: Moment) -> int:
        return min(width - 1, max(0, (at.boot_us - begin.boot_us) * width // span))

    line, marks, styles = [" "] * width, [" "] * width, [""] * width
    for kind, sign, style in ((stretches, "█", "green"), (timeline.gaps, "▒", "yellow")):
        for at in _columns(kind, column):
            line[at], styles[at] = sign, style
    for mark in timeline.marks:
        marks[column(mark)] = "▼"
    drawn = Text("".join(marks) + "\n", style="cyan") if timeline.marks else Text()
    for sign, style in zip(line, styles, strict=True):
        drawn.append(sign, style=style)
    first, last = iso(begin.utc_us)[11:23], iso(end.utc_us)[11:23]
    drawn.append(f"\n{first}{last.rjust(width - len(first))}", style="dim")
    return drawn


def _columns(stretches: list[Stretch], column: Callable[[Moment], int]) -> Iterator[int]:
    for stretch in stretches:
        yield from range(column(stretch.begin), column(stretch.end) + 1)


def _happened(timeline: Timeline, words: Reader) -> RenderableType:
    table = Table(
        title=words("show.timeline"), box=box.SIMPLE_HEAD, show_header=False, expand=True, title_justify="left"
    )
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    day = ""
    for entry in timeline.entries:
        moment = iso(entry.at.utc_us)
        if moment[:10] != day:
            day = moment[:10]
            table.add_row(Text(day, style="bold"), "", "")
        style = _STYLES[entry.kind]
        table.add_row(moment[11:23], Text(_SIGNS[entry.kind], style=style), Text(plain(entry.text), style=style))
    if timeline.left_out:
        table.add_row("", "", words("show.more", count=timeline.left_out))
    return table


def _files(judge: RecordingJudge, words: Reader) -> RenderableType:
    """A line a file, and below it its digest in full: it is there to be compared with one on paper."""
    digests = {file.name: file.sha256.hex() for file in judge.claimed.files} if judge.claimed else {}
    accounts = judge.story.files.all
    lines: list[RenderableType] = [Text(words("show.files"), style="italic"), Text()]
    for name in sorted({*accounts, *judge.chain.proven}):
        account = accounts.get(name)
        length = account.length if account else judge.chain.proven[name]
        line = Text(f"  {plain(name):<20}", style="bold")
        line.append(words("show.proven", bytes=grouped(length)).rjust(24), style="not bold")
        if account:
            line.append(f"   {iso(account.begun_us)[11:23]} - {iso(account.ended_us)[11:23]}", style="dim not bold")
        lines.append(line)
        if name in digests:
            lines.append(Text(f"    SHA-256 {digests[name]}", style="dim"))
    return Group(*lines, Text())
