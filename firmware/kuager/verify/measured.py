"""What a unit measured, as people read it: degrees, metres and seconds out of the integers of the journal. Pure."""

from collections.abc import Mapping

from kuager.catalogue.reading import Value


def readable(code: str, data: Mapping[str, Value]) -> dict[str, Value]:
    """The values that an event's sentence needs, beside its data; none for an event whose data are not as expected."""
    numbers = {key: value for key, value in data.items() if isinstance(value, int)}
    try:
        match code:
            case "position":
                return {
                    "latitude": f"{numbers['lat_e7'] / 1e7:.7f}",
                    "longitude": f"{numbers['lon_e7'] / 1e7:.7f}",
                    "metres": f"{numbers['accuracy_mm'] / 1000:.1f}",
                }
            case "gnss-time":
                return {
                    "seconds": f"{numbers['offset_us'] / 1e6:+.3f}",
                    "within": f"{numbers['within_us'] / 1e6:.3f}",
                }
    except (KeyError, OverflowError):
        pass
    return {}
