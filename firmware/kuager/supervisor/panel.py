"""What the unit shows, as one message for the terminal or page."""

from kuager import wire
from kuager.board import Colour
from kuager.evidence.records import Device, Stamp
from kuager.session import State
from kuager.supervisor.indicator import Indicator
from kuager.supervisor.mouth import Mouth
from kuager.supervisor.translate import CaptureView, VaultView

_STEADY = ("at_us", "elapsed_us", "durable_us", "level_db", "hours_left_tenths")


def _name(device: Device | None) -> str:
    return f"{device.make} {device.model}".strip()[:200] if device else ""


def compose(
    state: State,
    indicator: Indicator,
    pins: tuple[Colour, bool],
    vault: VaultView,
    capture: CaptureView,
    mouth: Mouth,
    now: Stamp,
    *,
    item: str,
    hours_left_tenths: int,
    battery_percent: int,
) -> wire.Panel:
    """The panel at this moment."""
    held, sensors, carrier = state.recording, capture.state, vault.state
    colour, vibration = pins
    place = ""
    if carrier:
        place = f"{carrier.carrier_state} {carrier.carrier_detail or _name(carrier.carrier)}".strip()[:200]
    return wire.Panel(
        at_us=now.boot_us,
        state=state.phase,
        signal=indicator.mode,
        light=list(colour),
        vibration=vibration,
        mode=held.mode if held else state.mode,
        recording=carrier.open_name if held and held.id and carrier else "",
        number=held.number if held and held.number else vault.next_number,
        elapsed_us=max(0, now.boot_us - held.pressed_us) if held else 0,
        durable_us=held.durable_us if held else 0,
        level_db=sensors.level_db if sensors else -100,
        camera=_name(sensors.camera) if sensors else "",
        microphone=_name(sensors.microphone) if sensors else "",
        carrier=place,
        hours_left_tenths=hours_left_tenths,
        battery_percent=battery_percent,
        clock=now.state,
        item=item[:1000],
        discreet=state.discreet,
        camera_kind=sensors.camera_kind if sensors and sensors.camera else "",
        microphone_kind=sensors.microphone_kind if sensors and sensors.microphone else "",
        sound_card=mouth.sound_card,
        warnings=[mouth.text(f"warning.{code}", {}) for code in state.warnings],
    )


def differs(panel: wire.Panel, before: wire.Panel | None) -> bool:
    """Whether anything changed that a person must see at once, rather than twice a second."""
    return before is None or any(
        getattr(panel, name) != getattr(before, name) for name in panel.__struct_fields__ if name not in _STEADY
    )
