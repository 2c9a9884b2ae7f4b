"""The carrier board's wiring out of the board file: what a person solders to the header.

Two pictures a board, so that each stays readable: `controls` (buttons, light, motor, dock, power) and `buses` (sound,
gauge, clock, position).
"""

from kuager.hardware import Hardware
from kuager_workshop.hw.harness import Harness
from kuager_workshop.hw.header import AMPLIFIER_MUTE, label, names_of, pin_of

PICTURES = ("controls", "buses")
_NOTE = (
    "From hw/boards by `python -m kuager_workshop.hw write`; not tried on hardware. Header pins are physical numbers, "
    "counted from the corner with the square pad: odd in the inner row. RD 5 V, OG 3.3 V, BK ground."
)
_I2C = "VIN | GND | SCL | SDA"


def harness(hardware: Hardware, picture: str) -> Harness:
    """One of `PICTURES`."""
    made = Harness(f"{hardware.board.title}: {picture}", _NOTE)
    if picture == "controls":
        _controls(made, hardware)
    else:
        _buses(made, hardware)
    return made


def _controls(made: Harness, hardware: Hardware) -> None:
    pin = {name: pin_of(number) for name, number in hardware.pins.used().items()}
    made.box("Record", "Push button", "1 | 2", "large, red cap", "RD")
    made.box("Mark", "Push button", "1 | 2", "small, grey cap", "GY")
    switch = "1 up: stills | 2 common | 3 middle: video | 4 down: sound"
    made.box("Mode", "Slide switch SP3T", switch, "terminal 3 has no wire")
    made.box("Dock", "Magnetic contacts", "DOCK ground in a dock | GND", "the others: power picture")
    _header(made, hardware, {*pin.values(), 2, 6, 9, 17, 20, 25, 30, 39})
    made.box("Power", "Power board", "5V out | GND | PFO low: battery fails")
    made.box("Light", "RGB LED, common cathode", "R red | G green | B blue | K longest leg", "resistors at its legs")
    driver = "motor - to drain; 1N5819 across the motor, ring to +;<br/>100 kOhm from G to S"
    made.box("Motor", "Vibration motor on AO3400A", "+ motor + | G gate | S source", driver)
    made.bundle(f"Record 1 YE Header {pin['record']}", "Record 2 BK Header 30")
    made.bundle(f"Mark 1 WH Header {pin['mark']}", "Mark 2 BK Header 30")
    made.bundle(
        f"Mode 1 VT Header {pin['mode_up']}", "Mode 2 BK Header 39", f"Mode 4 GY Header {pin['mode_down']}"
    )  # fmt: skip
    made.bundle(f"Dock DOCK TQ Header {pin['dock']} via Resistor 1 kOhm", "Dock GND BK Header 9")
    made.bundle("Header 2 RD Power 5V", "Header 6 BK Power GND", thick=True)
    made.bundle(f"Header {pin['power_fail']} PK Power PFO")
    made.bundle(
        f"Header {pin['red']} RD Light R via Resistor 220 Ohm",
        f"Header {pin['green']} GN Light G via Resistor 100 Ohm",
        f"Header {pin['blue']} BU Light B via Resistor 100 Ohm",
        "Header 20 BK Light K",
    )
    made.bundle(
        "Header 17 OG Motor +",
        f"Header {pin['vibration']} BN Motor G via Resistor 100 Ohm",
        "Header 25 BK Motor S",
    )


def _buses(made: Harness, hardware: Hardware) -> None:
    gauge, clock = hardware.power.gauge == "max17048", hardware.clock.rtc == "ds3231"
    if gauge:
        made.box("Gauge", "MAX17048 breakout, I2C 0x36", _I2C, "battery: power picture")
    if clock:
        made.box("Clock", "DS3231 breakout, I2C 0x68", _I2C, "CR1220 in its holder")
    if hardware.position:
        made.box("GNSS", f"GNSS receiver, {hardware.position.baud} baud", "VIN | GND | TX out | RX in")
    _header(made, hardware, {1, 3, 5, 8, 9, 10, 14, 17, 12, 35, 38, 40, 36, 4, 34, 39})
    made.box(
        "Microphone", "ICS-43434 breakout", "3V | GND | BCLK | LRCL | DOUT | SEL left channel", "SEL joined to GND"
    )
    amplifier = "Vin | GND | SD high: plays | DIN | BCLK | LRC | OUT+ | OUT-"
    made.box("Amplifier", "MAX98357A breakout", amplifier, "GAIN open: 9 dB")
    made.box("Speaker", "Loudspeaker 8 Ohm 1 W", "+ | -")
    for name in [name for name, there in (("Gauge", gauge), ("Clock", clock)) if there]:
        made.bundle(
            *(f"{name} {wire}" for wire in ("VIN OG Header 1", "GND BK Header 9", "SCL YE Header 5", "SDA BU Header 3"))
        )
    if hardware.position:
        made.bundle(
            *(f"GNSS {wire}" for wire in ("VIN OG Header 1", "GND BK Header 14", "TX GN Header 10", "RX VT Header 8"))
        )
    made.bundle(
        "Header 17 OG Microphone 3V", "Header 39 BK Microphone GND", "Header 12 GN Microphone BCLK",
        "Header 35 VT Microphone LRCL", "Header 38 BU Microphone DOUT",
    )  # fmt: skip
    made.bundle(
        "Header 4 RD Amplifier Vin", "Header 34 BK Amplifier GND", f"Header {pin_of(AMPLIFIER_MUTE)} GY Amplifier SD",
        "Header 40 YE Amplifier DIN", "Header 12 GN Amplifier BCLK", "Header 35 VT Amplifier LRC",
    )  # fmt: skip
    made.bundle("Amplifier OUT+ WH Speaker +", "Amplifier OUT- BK Speaker -")


def _header(made: Harness, hardware: Hardware, pins: set[int]) -> None:
    names = names_of(hardware)
    used = " | ".join(f"{pin} {label(pin, names)}" for pin in sorted(pins))
    made.box("Header", f"{hardware.board.title}, 40 pins", used, colour="GN")
