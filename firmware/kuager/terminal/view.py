"""What the terminal shows of a panel, as text: pure, so that it can be read in tests."""

from rich.text import Text

from kuager.wire import Panel

METER_DB = 60
"""The sound meter's range below full scale, dB."""
_YOUNG_US = 2_000_000


def clock(elapsed_us: int) -> str:
    """An elapsed time as H:MM:SS."""
    seconds = elapsed_us // 1_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def headline(panel: Panel | None, words: dict[str, str]) -> Text:
    """The state, large and plain, with number, mode and elapsed time."""
    if panel is None:
        return Text(words["gone"], style="bold")
    text = Text()
    text.append(words.get(panel.state, panel.state), style="bold")
    if panel.elapsed_us:
        text.append(f"  {clock(panel.elapsed_us)}", style="bold")
    text.append(f"\n{words['number']} {panel.number:06} · {words[panel.mode]}")
    return text


def durable(panel: Panel | None, now_us: int, words: dict[str, str]) -> Text:
    """How old the newest acknowledged moment is; red from where the unit's light would go out."""
    if panel is None or not panel.elapsed_us:
        return Text("")
    if not panel.durable_us:
        return Text(f"{words['durable']}: {words['nothing']}", style="bold yellow")
    age_us = max(0, now_us - panel.durable_us)
    style = "green" if age_us < _YOUNG_US else "bold red"
    return Text(f"{words['durable']}: {age_us / 1_000_000:.1f} {words['ago']}", style=style)


def meter(panel: Panel | None, width: int, words: dict[str, str]) -> Text:
    """The sound level as a bar of `width` cells."""
    level = panel.level_db if panel else -100
    text = Text(f"{words['level']:<11}")
    full = max(0, min(width, round((level + METER_DB) * width / METER_DB)))
    for cell in range(width):
        db = cell * METER_DB / width - METER_DB
        colour = "red" if db >= -6 else "yellow" if db >= -18 else "green"
        text.append("█" if cell < full else "░", style=colour if cell < full else "grey35")
    text.append(f" {level:>4} dB" if level > -100 else "   —")
    return text


def parts(panel: Panel | None, words: dict[str, str], troubles: dict[str, str]) -> Text:
    """Camera, microphone, carrier (its name, or which of `troubles` it is in), clock, one a line."""
    if panel is None:
        return Text("")
    state, _, name = panel.carrier.partition(" ")
    hours = f"{panel.hours_left_tenths / 10:.1f} {words['hours']} · " if panel.hours_left_tenths else ""
    rows = (
        ("camera", panel.camera or "—"),
        ("microphone", panel.microphone or "—"),
        ("carrier", hours + (troubles.get(state) or name or "—")),
        ("clock", words.get(panel.clock, panel.clock)),
    )
    text = Text()
    for label, value in rows:
        text.append(f"{words[label]:<11}", style="grey62")
        text.append(f"{value}\n")
    text.right_crop(1)
    return text


def battery(panel: Panel | None, words: dict[str, str]) -> Text:
    """The battery's charge, where there is a gauge; and that the unit is discreet, where the light shows nothing."""
    text = Text()
    if panel is not None and panel.battery_percent >= 0:
        style = "bold red" if panel.battery_percent <= 10 else ""
        text.append(f"{words['battery']}: {panel.battery_percent} %  ", style=style)
    if panel is not None and panel.discreet:
        text.append(words["discreet"], style="bold reverse")
    text.rstrip()
    return text


def keys(words: dict[str, str]) -> Text:
    """The help line."""
    text = Text()
    for key, label in (
        ("r", "press-record"), ("R", "hold-record"), ("m", "press-mark"), ("M", "hold-mark"), ("Tab", "mode"),
        ("f", "fault"), ("q", "quit"),
    ):  # fmt: skip
        text.append(f" {key} ", style="bold reverse")
        text.append(f" {words[label]} ")
    return text
