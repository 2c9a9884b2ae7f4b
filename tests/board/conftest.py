import sys
from collections.abc import Iterator

import pytest
from fake_lgpio import Lgpio


@pytest.fixture
def lgpio(monkeypatch) -> Iterator[Lgpio]:
    """The fake in the place of the module, and a gpiozero factory that has seen no other."""
    fake = Lgpio(labels=("brcmvirt-gpio", "pinctrl-bcm2711"))
    monkeypatch.setitem(sys.modules, "lgpio", fake)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    yield fake
    sys.modules.pop("gpiozero.pins.lgpio", None)
    from gpiozero.pins.local import LocalPiFactory

    LocalPiFactory.pins.clear()
    LocalPiFactory._reservations.clear()
