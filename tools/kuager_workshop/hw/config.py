"""config.txt and the kernel's command line of a unit, out of its board file; the image's own lines come before."""

from kuager.hardware import Hardware, Pins

_INPUTS = ("record", "mark", "mode_up", "mode_down", "power_fail", "dock")
_CAMERAS = ("imx219", "imx296", "imx477", "imx519", "imx708", "ov5647")
_RP1 = "pinctrl-rp1"  # the chip's label tells a Raspberry Pi 5: other UART, clock on board


def config_txt(hardware: Hardware) -> str:
    """The lines for config.txt, each group with its reason."""
    board, rp1 = hardware.board, hardware.pins.chip == _RP1
    lines = [
        f"# {board.title}: from hw/boards/{board.name}.toml by `python -m kuager_workshop.hw write`; edit that.",
        "[all]",
        "",
    ]
    cameras = [line for line in board.overlays if line.partition(",")[0] in _CAMERAS]
    if cameras:
        lines += [
            "# This camera and no other: a probe costs time, and a swapped camera is to be noticed.",
            "camera_auto_detect=0",
        ]
        lines += [f"dtoverlay={line}" for line in cameras]
        lines += ["display_auto_detect=0", ""]
    lines += ["# Buses and the parts on them"]
    if "i2c" in board.buses:
        lines += ["dtparam=i2c_arm=on"]
    if "uart" in board.buses:
        # On a 5, enable_uart would send the kernel's log out of these very pins.
        lines += ["dtoverlay=uart0-pi5"] if rp1 else ["enable_uart=1"]
    lines += [f"dtoverlay={line}" for line in board.overlays if line not in cameras]
    if hardware.clock.rtc == "pi-5":
        lines += ["# Charges the clock's cell (ML-2020, rechargeable; leave this out for a cell that is not)"]
        lines += ["dtparam=rtc_bbat_vchg=3000000"]
    lines += ["", "# No sound but the I2S card's", "dtparam=audio=off", ""]
    lines += ["# No radio. On all but a 5 this also gives the full UART to the header."]
    lines += ["dtoverlay=disable-wifi", "dtoverlay=disable-bt", ""]
    lines += ["# The kernel's watchdog; systemd feeds it (RuntimeWatchdogSec).", "dtparam=watchdog=on", ""]
    lines += _gpio(hardware.pins)
    lines += ["", "# Boot without delays: no splash, no search for a HAT or a PoE fan", "boot_delay=0"]
    lines += ["disable_splash=1", "force_eeprom_read=0", "disable_poe_fan=1"]
    return "\n".join(lines) + "\n"


def cmdline_txt(hardware: Hardware) -> str:
    """What is added to the one line of cmdline.txt; a ``console=serial0`` there must go: GNSS has that line.

    Without persistence a line falls back to an input when its process dies, and the pull puts the light out.
    """
    module = "pinctrl_rp1" if hardware.pins.chip == _RP1 else "pinctrl_bcm2835"
    return f"{module}.persist_gpio_outputs=n quiet loglevel=3\n"


def _gpio(pins: Pins) -> list[str]:
    used = pins.used()
    inputs = sorted(used[name] for name in _INPUTS if name in used)
    outputs = sorted(number for name, number in used.items() if name not in _INPUTS)
    return [
        "# Set by the firmware, seconds before the kernel: inputs pulled up, lights and motor driven low. Later the",
        "# overlay keeps the pulls; our process takes the lines.",
        f"gpio={_list(inputs)}=ip,pu",
        f"gpio={_list(outputs)}=op,dl",
    ]


def _list(numbers: list[int]) -> str:
    return ",".join(str(number) for number in numbers)
