"""What is done about a medium, and how the unit becomes a USB device: on made-up sysfs, media and configfs."""

import itertools

import pytest

from kuager import gadget
from kuager.medium import __main__ as medium_door
from kuager.medium import blank, mounting, probe
from kuager.medium.__main__ import Slot

SIZE = 1 << 30


def medium(*written):
    """Reads of zeros, but for one byte at each of these offsets."""

    def read(offset, count):
        data = bytearray(max(0, min(count, SIZE - offset)))
        for at in written:
            if offset <= at < offset + len(data):
                data[at - offset] = 1
        return bytes(data)

    return read


def test_zeros_are_blank():
    assert blank.is_blank(medium(), SIZE)


@pytest.mark.parametrize("at", [0, 510, 1080, blank.END - 1, SIZE - 512, SIZE - 1])
def test_a_byte_where_signatures_are_kept_is_enough(at):
    assert not blank.is_blank(medium(at), SIZE)


def test_samples_lie_all_over_the_medium_and_within_it():
    found = list(blank.places(SIZE))
    assert all(offset >= 0 and offset + length <= SIZE for offset, length in found)
    assert not blank.is_blank(medium(found[-1][0]), SIZE)
    starts = sorted(offset for offset, _ in found)
    assert max(after - before for before, after in itertools.pairwise(starts)) <= 2 << 20


def test_a_medium_too_small_or_shorter_than_it_says_is_not_blank():
    assert not blank.is_blank(medium(), blank.SMALLEST - 512)
    with pytest.raises(EOFError):
        blank.is_blank(medium(), 2 * SIZE)


def test_only_our_label_on_a_file_system_is_ours():
    ours = {"LABEL": "KUAGER", "USAGE": "filesystem", "TYPE": "ext4"}
    assert probe.judged(ours) == probe.Found("ours", "ext4")
    assert probe.judged(ours | {"LABEL": "KUAGER2"}).verdict == "foreign"
    assert probe.judged(ours | {"USAGE": "crypto"}).verdict == "foreign"
    assert probe.judged({"PTTYPE": "dos"}).verdict == "foreign"


@pytest.fixture
def disk(tmp_path):
    """A disk sda with two partitions, as sysfs has it."""
    folder = tmp_path / "sda"
    for path, number in ((folder, "8:0"), (folder / "sda1", "8:1"), (folder / "sda2", "8:2")):
        (path / "holders").mkdir(parents=True)
        (path / "dev").write_text(number + "\n")
        if path != folder:
            (path / "partition").write_text("1\n")
    return folder


def mount(number, where):
    return f"36 35 {number} / {where} rw,noatime shared:1 - ext4 /dev/x rw\n"


def test_a_disk_in_use_is_the_unit_s_own_with_all_its_partitions(disk, tmp_path):
    carrier = tmp_path / "carrier"
    root = mount("8:2", "/")
    for each in (disk, disk / "sda1", disk / "sda2"):
        assert probe.in_use(each, root, "", carrier)
        assert probe.in_use(each, "", "Filename Type\n/dev/sda1 partition 1 0 -2\n", carrier)
        assert not probe.in_use(each, mount("8:1", carrier) + mount("254:0", "/"), "Filename Type\n", carrier)
    (disk / "sda1" / "holders" / "dm-0").mkdir()
    assert probe.in_use(disk / "sda2", "", "", carrier)


def test_a_file_system_without_owners_gives_all_to_the_vault():
    for kind in mounting.FILE_SYSTEMS:
        options = mounting.options(kind, 990, 980).split(",")
        assert {"nosuid", "nodev", "noexec", "noatime", "errors=remount-ro"} <= set(options)
        assert ("uid=990" in options) == (kind != "ext4")


def test_what_has_gone_is_told_no_more_and_nothing_else_is_forgotten(tmp_path):
    (tmp_path / "slot").mkdir()
    slot = Slot(tmp_path, tmp_path / "carrier", (0, 0))
    state, device = tmp_path / "slot/state", tmp_path / "slot/device"
    state.write_text("blank\n")
    device.write_text("sdb\n")
    slot.gone("sda")
    assert state.read_text() == "blank\n"
    slot.gone("sdb")
    assert not state.exists()
    assert not device.exists()


@pytest.mark.parametrize("still_there", [True, False])
def test_ours_takes_the_place_of_one_that_was_pulled_out_and_of_no_other(tmp_path, monkeypatch, still_there):
    (tmp_path / "slot").mkdir()
    carrier, numbers, sysfs = tmp_path / "carrier", tmp_path / "numbers", tmp_path / "sdb"
    numbers.mkdir()
    sysfs.mkdir()
    (sysfs / "dev").write_text("8:16\n")
    if still_there:
        (numbers / "8:0").mkdir()
    done = []
    monkeypatch.setattr(medium_door, "_places", lambda name: (tmp_path / "dev", sysfs))
    monkeypatch.setattr(medium_door, "_mounts", lambda: mount("8:0", carrier))
    monkeypatch.setattr(probe, "in_use", lambda *_: False)
    monkeypatch.setattr(probe, "look", lambda *_: probe.Found("ours", "ext4"))
    monkeypatch.setattr(mounting, "unmount", lambda where: done.append(("unmount", where)))
    monkeypatch.setattr(mounting, "mount", lambda device, type_, where, *_: done.append(("mount", where)))
    Slot(tmp_path, carrier, (0, 0), numbers).look("sdb")
    assert done == ([] if still_there else [("unmount", carrier), ("mount", carrier)])


def test_nothing_is_prepared_unless_a_blank_medium_was_seen(tmp_path):
    (tmp_path / "slot").mkdir()
    (tmp_path / "prepare").mkdir()
    request = tmp_path / "prepare/request"
    for state, device in (("", ""), ("foreign", "sdb"), ("blank", "../sdb"), ("blank", "")):
        request.write_text("")
        (tmp_path / "slot/state").write_text(state)
        (tmp_path / "slot/device").write_text(device)
        with pytest.raises(OSError, match="no blank medium"):
            Slot(tmp_path, tmp_path / "carrier", (0, 0)).prepare()
        assert not request.exists()  # it is not asked for again and again


def test_the_unit_becomes_a_usb_device_whose_disk_can_only_be_read(tmp_path):
    controllers = tmp_path / "udc"
    (controllers / "dummy_udc.0").mkdir(parents=True)
    device = tmp_path / "gadget"
    lun = device / "functions/mass_storage.0/lun.0"
    lun.mkdir(parents=True)  # configfs makes it itself
    (device / "UDC").write_text("\n")
    gadget.up(device, controllers, "Kuager", "recorder", "1")
    assert (device / "UDC").read_text() == "dummy_udc.0"
    assert (lun / "ro").read_text() == "1"
    assert not (lun / "file").exists()
    assert {path.name for path in (device / "configs/c.1").iterdir() if path.is_symlink()} == {
        "acm.GS0",
        "mass_storage.0",
    }
