from kuager.evidence.records import Device
from kuager.machine import device

TYPED = Device(make="Kuager", model="virtual unit", serial="KZ0417")


def test_a_raspberry_pi_says_what_it_is(tmp_path):
    (tmp_path / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.5\0")
    (tmp_path / "serial-number").write_bytes(b"10000000abcdef01\0")
    assert device(TYPED, tmp_path) == Device(
        make="Kuager", model="Raspberry Pi 4 Model B Rev 1.5", serial="10000000abcdef01"
    )


def test_without_a_device_tree_what_was_given_stays(tmp_path):
    assert device(TYPED, tmp_path) == TYPED


def test_a_tree_that_holds_nonsense(tmp_path):
    (tmp_path / "model").write_bytes(b"\xff\n\x1b[31mRed" + b"x" * 5000)
    (tmp_path / "serial-number").write_bytes(b"\0")
    found = device(TYPED, tmp_path)
    assert found.model.isprintable()
    assert len(found.model) <= 200
    assert found.serial == "KZ0417"
