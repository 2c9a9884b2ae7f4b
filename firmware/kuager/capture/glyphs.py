"""White glyphs on black, rendered once with Pillow as luma tiles, so that text is drawn by copying memory."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kuager.errors import HardwareError
from kuager.media.cells import BLACK, WHITE, Luma

_FONT = "DejaVuSansMono-Bold.ttf"
_PLACES = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu", "/usr/share/fonts/TTF")


def _font(pixels: int) -> ImageFont.FreeTypeFont:
    for place in _PLACES:
        if (path := Path(place) / _FONT).is_file():
            return ImageFont.truetype(path, pixels)
    raise HardwareError(f"the font {_FONT} is missing: install the Debian package fonts-dejavu-core")


class Atlas:
    """Tiles of one size for a monospaced font, made when first asked for. Pixels: `width` by `height` each."""

    def __init__(self, pixels: int) -> None:
        self._font = _font(pixels)
        ascent, descent = self._font.getmetrics()
        self.width = round(self._font.getlength("0"))
        self.height = ascent + descent
        self._tiles: dict[str, Luma] = {}

    def tile(self, char: str) -> Luma:
        """The glyph, antialiased, in video range luma."""
        if (tile := self._tiles.get(char)) is None:
            image = Image.new("L", (self.width, self.height), 0)
            ImageDraw.Draw(image).text((0, 0), char, fill=255, font=self._font)
            grey = np.asarray(image, np.uint16)
            tile = self._tiles[char] = (grey * (WHITE - BLACK) // 255 + BLACK).astype(np.uint8)
        return tile


@cache
def atlas(pixels: int) -> Atlas:
    """The atlas of a size, shared."""
    return Atlas(pixels)
