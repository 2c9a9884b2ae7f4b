"""NMEA sentences as a receiver sends them."""


def sentence(body: str) -> bytes:
    total = 0
    for each in body.encode():
        total ^= each
    return f"${body}*{total:02X}\r\n".encode()


def burst(second: int = 0, *, gst: bool = True, lat: str = "5107.1234567,N", lon: str = "07126.1234567,E") -> bytes:
    """One epoch, 2026-11-22 05:15:SS UTC, in Astana."""
    at = f"0515{second:02}.00"
    lines = [sentence(f"GNRMC,{at},A,{lat},{lon},0.01,,221126,,,A,V"), sentence("GNVTG,,T,,M,0.01,N,0.02,K,A")]
    if gst:
        lines.append(sentence(f"GNGST,{at},8.4,2.1,1.5,12.0,1.6,1.2,3.0"))
    lines.append(sentence(f"GNGGA,{at},{lat},{lon},1,09,1.02,347.5,M,-33.0,M,,"))
    return b"".join(lines)


UTC_US = 1_795_324_500_000_000  # 2026-11-22 05:15:00
