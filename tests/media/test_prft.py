import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuager.media import prft
from kuager.media.boxes import MediaError
from kuager.media.prft import ReferenceTime

ERA_1_US = (2**32 - 2_208_988_800) * 1_000_000  # 2036-02-07, where NTP seconds wrap


def test_the_box_is_as_written_in_the_standard() -> None:
    box = ReferenceTime(1, 1_795_000_000_500_000, 90_000).encode()
    assert box[:16] == bytes.fromhex("00000020 70726674 01000018 00000001".replace(" ", ""))
    assert int.from_bytes(box[16:20], "big") == 1_795_000_000 + 2_208_988_800
    assert box[20:] == bytes.fromhex("80000000") + (90_000).to_bytes(8, "big")
    assert len(box) == 32


@given(st.integers(0, ERA_1_US * 2 - 1_000_000), st.integers(0, 2**63), st.integers(1, 2))
def test_every_microsecond_reads_back(utc_us: int, media_time: int, track: int) -> None:
    time = ReferenceTime(track, utc_us, media_time)
    assert prft.decode(time.encode() + b"moof") == time


@pytest.mark.parametrize("utc_us", [ERA_1_US - 1, ERA_1_US, ERA_1_US + 1])
def test_the_era_of_2036_reads_back(utc_us: int) -> None:
    assert prft.decode(ReferenceTime(1, utc_us, 0).encode()).utc_us == utc_us


def test_other_boxes_are_refused() -> None:
    good = ReferenceTime(1, 0, 0).encode()
    for bad in (good[:31], b"\x00" + good[:-1], good.replace(b"prft", b"free"), good[:8] + b"\x00" + good[9:]):
        with pytest.raises(MediaError):
            prft.decode(bad)
