"""Every text of hw/ that is derived, by its path there; written by people's hand never."""

from pathlib import Path

from kuager import hardware
from kuager_workshop.hw import BOARDS, config, enclosure, parts, power, power_report, powerboard, room, sketch, wiring


def texts() -> dict[str, str]:
    """Path under hw/ -> text."""
    boards = {name: hardware.load(hardware.path_of(name)) for name in BOARDS}
    budget = power.load(room() / "power.toml")
    found = {
        "PARTS.md": parts.render(parts.load(room() / "parts.toml"), boards),
        "POWER.md": power_report.render(budget, boards),
        "enclosure.svg": sketch.render(enclosure.load(room() / "enclosure.toml"), "Zero 2 W unit"),
    }
    for name, board in boards.items():
        found[f"boot/{name}/config.txt"] = config.config_txt(board)
        found[f"boot/{name}/cmdline.txt"] = config.cmdline_txt(board)
        for picture in wiring.PICTURES:
            found[f"wiring/{name}-{picture}.yml"] = wiring.harness(board, picture).yaml()
        found[f"wiring/{name}-power.yml"] = powerboard.harness(board, budget).yaml()
    return found


def stale(folder: Path) -> list[str]:
    """Paths under `folder` whose text is missing or not what would be written."""
    return [name for name, text in texts().items() if not _same(folder / name, text)]


def write(folder: Path) -> list[str]:
    """Write what is stale; gives the paths."""
    written = []
    for name, text in texts().items():
        if not _same(folder / name, text):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
            written.append(name)
    return written


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text
