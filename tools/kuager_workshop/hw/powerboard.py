"""The power board's wiring out of the power budget: battery, charger, ideal diode, capacitors, boost converter."""

from kuager.hardware import Hardware
from kuager_workshop.hw.harness import Harness
from kuager_workshop.hw.power import Budget, of

_NOTE = (
    "From hw/power.toml by `python -m kuager_workshop.hw write`; not tried on hardware. Joins at a pin are joins of "
    "the net: solder where it is convenient. RD supply, BK ground."
)
_DIODE = "IN1 1, 2 | EN1 3 | EN2 6 | CLIM1 4 | CLIM2 5 | IN2 7, 8 | GND pad | OUT1 15, 16"
_TIES = "EN1, EN2 to IN1; CLIM1, CLIM2, IN2 to GND;<br/>10 uF at IN1 and OUT1; OUT2 open"


def harness(hardware: Hardware, budget: Budget) -> Harness:
    """The picture of one board's power board."""
    board, hold = of(budget, hardware.board.name), budget.hold_up
    made = Harness(f"{hardware.board.title}: power board", _NOTE)
    large = board.feed == "cells"
    cells = "1 cell INR21700-50E" if board.cells == 1 else f"{board.cells} cells INR21700-50E, parallel"
    bleed = f"{hold.bleed_ohm / 1000:g} kOhm from P+ to P-"
    made.box("Battery", f"{cells}, protection", "P+ fused | P- ground", bleed)
    made.box("Dock", "Magnetic contacts", "5V | GND | D- | D+")
    made.box("Gauge", "MAX17048 breakout, battery side", "B+ | B-", "senses; carries no current")
    made.box("Supervisor", "MCP121T-315, SOT-23", "2 VDD | 3 VSS | 1 RST", "open drain")
    made.box("Charger", "bq24074 breakout", "5V USB in | GND | BAT" + ("" if large else " | LOAD"), "set for 1.5 A")
    made.box("Diode", "LTC4415, MSOP-16 on adapter", _DIODE, _TIES)
    strings = f"{board.strings} x {hold.in_series} in series, {hold.capacitance_f:g} F 2.7 V each"
    made.box("Capacitors", strings, "+ | -", "1 kOhm across each")
    made.box("Boost", "TPS61022 module, 5 V 3 A" if large else "TPS61023 module, 5 V 0.8 A", "IN | GND | 5V out")
    made.box("Carrier", "Carrier board, controls picture", "PFO power fail | 5V | GND")
    socket = "USB-C socket" if large else "micro-USB socket USB"
    made.box("USB", f"Pi's {socket}", "D- | D+", "data alone: its 5 V stays open")
    made.bundle("Dock 5V RD Charger 5V", "Dock GND BK Charger GND", thick=True)
    made.bundle("Dock D- WH USB D-", "Dock D+ GN USB D+")
    made.bundle("Battery P+ RD Charger BAT", "Battery P- BK Charger GND", thick=True)
    made.bundle("Battery P+ RD Gauge B+", "Battery P- BK Gauge B-")
    made.bundle("Battery P+ RD Supervisor 2", "Battery P- BK Supervisor 3")
    source, ground = ("Battery P+", "Battery P-") if large else ("Charger LOAD", "Charger GND")
    made.bundle(f"{source} RD Diode IN1", f"{ground} BK Diode GND", thick=True)
    made.bundle("Diode OUT1 RD Capacitors +", "Diode GND BK Capacitors -", thick=True)
    made.bundle("Capacitors + RD Boost IN", "Capacitors - BK Boost GND", thick=True)
    made.bundle("Boost 5V RD Carrier 5V", "Boost GND BK Carrier GND", thick=True)
    made.bundle("Supervisor 1 PK Carrier PFO")
    return made
