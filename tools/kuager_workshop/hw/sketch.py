"""enclosure.svg: the case from outside on four sides and from inside in three layers, to scale, with its measures."""

from html import escape

from kuager_workshop.hw.enclosure import Body, Enclosure, Opening, View

_PX = 4.0  # pixels a millimetre
_GAP = 62.0  # between views, px
_TOP = 96.0
_LAYERS = (
    ("front layer", 19.0, 99.0),
    ("middle layer", 11.0, 19.0),
    ("back layer", 0.0, 11.0),
)  # by where a part begins, z
_LETTER = 5.9  # mean width of a letter, px
_STYLE = (
    "text{font-family:sans-serif;fill:#222}.t{font-size:17px;font-weight:bold}.s{font-size:12px}.d{font-size:12px;fill:#555}"
    ".n{font-size:12px;font-weight:bold;fill:#fff;text-anchor:middle}.c{text-anchor:middle}.e{text-anchor:end}"
    ".case{fill:#f4f4f1;stroke:#222;stroke-width:2}.in{fill:#fff;stroke:#999;stroke-dasharray:4 3}"
    ".part{fill:#cfe0f2;fill-opacity:.6;stroke:#33587f}.hole{fill:#d5d5d0;stroke:#222}"
    ".dim{stroke:#555;stroke-width:1}.dot{fill:#b3261e}"
)


class _Canvas:
    def __init__(self) -> None:
        self.items: list[str] = []

    def rect(self, kind: str, x: float, y: float, width: float, height: float, corner: float = 0) -> None:
        size = f'width="{width:.1f}" height="{height:.1f}" rx="{corner:.1f}"'
        self.items.append(f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" {size}/>')

    def circle(self, kind: str, x: float, y: float, radius: float) -> None:
        self.items.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')

    def text(self, kind: str, x: float, y: float, words: str, turned: bool = False) -> None:
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
        self.items.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{turn}>{escape(words)}</text>')

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.items.append(f'<path class="dim" d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"/>')

    def across(self, x: float, y: float, length: float, words: str) -> None:
        """A horizontal measure above something."""
        self.line(x, y, x + length, y)
        self.line(x, y - 4, x, y + 4)
        self.line(x + length, y - 4, x + length, y + 4)
        self.text("d c", x + length / 2, y - 5, words)

    def down(self, x: float, y: float, length: float, words: str) -> None:
        """A vertical measure beside something."""
        self.line(x, y, x, y + length)
        self.line(x - 4, y, x + 4, y)
        self.line(x - 4, y + length, x + 4, y + length)
        self.text("d c", x - 6, y + length / 2, words, turned=True)


def render(enclosure: Enclosure, title: str) -> str:
    """The whole sketch."""
    canvas = _Canvas()
    case = enclosure.case
    width, height, depth = (size * _PX for size in case.outer)
    x = 60.0
    canvas.text("t", x, 30, f"{title}: case, {case.outer[0]:g} x {case.outer[1]:g} x {case.outer[2]:g} mm outside")
    canvas.text(
        "s",
        x,
        50,
        "Sketch to scale from hw/enclosure.toml; nobody printed it yet. Numbers: list below. All measures mm.",
    )
    numbers = {opening: number for number, opening in enumerate(enclosure.opening, 1)}
    views: tuple[tuple[str, View, float], ...] = (
        ("left side", "left", depth),
        ("front", "front", width),
        ("right side", "right", depth),
    )
    for caption, view, across in views:
        _outside(canvas, enclosure, view, caption, x, across, numbers)
        if view == "front":
            canvas.across(x, _TOP - 8, across, f"{case.outer[0]:g}")
            _bottom(canvas, enclosure, x, _TOP + height + 46, numbers)
        elif view == "left":
            canvas.across(x, _TOP - 8, across, f"{case.outer[2]:g}")
            canvas.down(x - 12, _TOP, height, f"{case.outer[1]:g}")
        x += across + _GAP
    _list(canvas, numbers, x - across - _GAP, _TOP + height + 66)
    for caption, low, high in _LAYERS:
        _inside(canvas, enclosure, caption, x, low, high)
        x += width + _GAP
    total, bottom = x - _GAP + 40, _TOP + height + 46 + depth + 50
    body = "\n".join(canvas.items)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total:.0f} {bottom:.0f}" '
        f'width="{total:.0f}" height="{bottom:.0f}">\n'
        f'<style>{_STYLE}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _outside(
    canvas: _Canvas,
    enclosure: Enclosure,
    view: View,
    caption: str,
    x: float,
    across: float,
    numbers: dict[Opening, int],
) -> None:
    case = enclosure.case
    canvas.rect("case", x, _TOP, across, case.outer[1] * _PX, case.corner * _PX)
    canvas.text("s c", x + across / 2, _TOP + case.outer[1] * _PX + 20, caption)
    if view != "front":
        back = x + 10 if view == "right" else x + across - 10
        canvas.text("d c", back + (4 if view == "right" else 0), _TOP + case.outer[1] * _PX / 2, "body", turned=True)
    for opening, number in numbers.items():
        if opening.view == view:
            along = opening.at[0] + case.wall
            # On the left side the back of the case is to the right.
            centre = x + (case.outer[2] - along if view == "left" else along) * _PX
            _hole(canvas, opening, number, centre, _TOP + (opening.at[1] + case.wall) * _PX)


def _bottom(canvas: _Canvas, enclosure: Enclosure, x: float, y: float, numbers: dict[Opening, int]) -> None:
    case = enclosure.case
    canvas.rect("case", x, y, case.outer[0] * _PX, case.outer[2] * _PX, case.corner * _PX)
    canvas.text("s c", x + case.outer[0] * _PX / 2, y + case.outer[2] * _PX + 18, "bottom, front of the case above")
    for opening, number in numbers.items():
        if opening.view == "bottom":
            centre_y = y + (case.outer[2] - case.wall - opening.at[1]) * _PX
            _hole(canvas, opening, number, x + (opening.at[0] + case.wall) * _PX, centre_y)


def _hole(canvas: _Canvas, opening: Opening, number: int, x: float, y: float) -> None:
    if len(opening.size) == 1:
        canvas.circle("hole", x, y, opening.size[0] * _PX / 2)
    else:
        width, height = (size * _PX for size in opening.size)
        canvas.rect("hole", x - width / 2, y - height / 2, width, height, 4)
    canvas.circle("dot", x, y, 9)
    canvas.text("n", x, y + 4, str(number))


def _inside(canvas: _Canvas, enclosure: Enclosure, caption: str, x: float, low: float, high: float) -> None:
    case = enclosure.case
    canvas.rect("case", x, _TOP, case.outer[0] * _PX, case.outer[1] * _PX, case.corner * _PX)
    left, top = x + case.wall * _PX, _TOP + case.wall * _PX
    canvas.rect("in", left, top, case.inner_width * _PX, case.inner_height * _PX)
    canvas.across(left, _TOP - 8, case.inner_width * _PX, f"{case.inner_width:g} inside, {case.inner_height:g} high")
    for part in sorted(enclosure.part, key=lambda each: each.at[2]):
        if low <= part.at[2] < high:
            _part(canvas, part, left, top)
    canvas.text(
        "s c", x + case.outer[0] * _PX / 2, _TOP + case.outer[1] * _PX + 20, f"inside, {caption}, seen from in front"
    )


def _part(canvas: _Canvas, part: Body, left: float, top: float) -> None:
    x, y = left + part.at[0] * _PX, top + part.at[1] * _PX
    width, height = part.size[0] * _PX, part.size[1] * _PX
    if part.round:
        canvas.circle("part", x + width / 2, y + height / 2, width / 2)
    else:
        canvas.rect("part", x, y, width, height, 3)
    depth = f"z {part.at[2]:g} to {part.at[2] + part.size[2]:g}"
    middle = x + width / 2
    lines = [words for words in (part.name, depth) if len(words) * _LETTER <= width]
    if part.name in lines:
        start = y + 14 if len(lines) == 2 and height > 30 else y + height / 2 + 4
        for row, words in enumerate(lines if height > 30 else [part.name]):
            canvas.text("d c" if row else "s c", middle, start + 13 * row, words)
    elif height > width > 28 and len(part.name) * _LETTER <= height:
        canvas.text("s c", middle - 2, y + height / 2, part.name, turned=True)
        canvas.text("d c", middle + 11, y + height / 2, depth, turned=True)
    else:
        # Too small for its words: they stand beside it.
        right = part.at[0] < 30
        canvas.text("s" if right else "s e", x + width + 4 if right else x - 4, y + height / 2, part.name)
        canvas.text("d" if right else "d e", x + width + 4 if right else x - 4, y + height / 2 + 13, depth)


def _list(canvas: _Canvas, numbers: dict[Opening, int], x: float, y: float) -> None:
    rows = (len(numbers) + 1) // 2
    for opening, number in numbers.items():
        column, row = divmod(number - 1, rows)
        at, line = x + 520 * column, y + 24 * row
        canvas.circle("dot", at, line - 4, 9)
        canvas.text("n", at, line, str(number))
        canvas.text("s", at + 16, line, f"{opening.view}: {opening.name}")
