"""For all rooms: what a vault process under test records can be deleted again; what runs in real time runs alone."""

import os

import pytest

# Read by the vault and inherited by every process that a test starts. Attributes are tested in tests/vault alone, under
# a fixture that takes them away.
os.environ["KUAGER_ATTRIBUTES"] = "off"

# Commands speak the locale's language; tests read English where they do not ask for another.
os.environ["LC_ALL"] = "C.UTF-8"

# These hold whole sessions at real time, or share one: never two at once, so that each has a processor to itself. They
# take longest, and begin first.
_REAL_TIME = ("tests/run/test_sessions", "tests/system/", "tests/page/test_officers_day", "tests/workshop/")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(_REAL_TIME):
            item.add_marker(pytest.mark.xdist_group("real-time"))
    items.sort(key=lambda item: not item.nodeid.startswith(_REAL_TIME))
