"""The 40-pin header of every Raspberry Pi since the B+: which GPIO, supply or ground each physical pin carries."""

from kuager.hardware import Hardware

POWER = {1: "3V3", 2: "5V", 4: "5V", 17: "3V3"}
GROUND = (6, 9, 14, 20, 25, 30, 34, 39)
GPIO = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25, 23: 11,
    24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
"""Physical pin -> GPIO number (BCM)."""

AMPLIFIER_MUTE = 16  # the overlay googlevoicehat-soundcard owns it: high while something plays
RESERVED = {0: "identification of a HAT", 1: "identification of a HAT", AMPLIFIER_MUTE: "amplifier's mute"}
BUS_ROLES = {
    2: "SDA", 3: "SCL", 14: "UART TXD", 15: "UART RXD", 18: "I2S BCLK", 19: "I2S LRCLK", 20: "I2S data in",
    21: "I2S data out", AMPLIFIER_MUTE: "amplifier on",
}  # fmt: skip
_PINS = {gpio: pin for pin, gpio in GPIO.items()}


def pin_of(gpio: int) -> int:
    """The physical pin of a GPIO number."""
    return _PINS[gpio]


def label(pin: int, names: dict[int, str]) -> str:
    """What a physical pin is, for a person with a soldering iron: ``GPIO 5 record``, ``GND``. `names`: by GPIO."""
    if pin in POWER:
        return POWER[pin]
    if pin in GROUND:
        return "GND"
    gpio = GPIO[pin]
    role = names.get(gpio) or BUS_ROLES.get(gpio, "")
    return f"GPIO {gpio} {role}".rstrip()


def names_of(hardware: Hardware) -> dict[int, str]:
    """GPIO number -> what the board file uses it for."""
    return {number: name.replace("_", " ") for name, number in hardware.pins.used().items()}


def conflicts(hardware: Hardware) -> list[str]:
    """Pins of a board file that the loader lets pass but that something else of the carrier board has."""
    return [
        f"{name} is on GPIO {number}, the {RESERVED[number]}"
        for name, number in hardware.pins.used().items()
        if number in RESERVED
    ]
