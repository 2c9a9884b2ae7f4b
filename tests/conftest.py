"""For all rooms: what a vault process under test records can be deleted again."""

import os

# Read by the vault and inherited by every process that a test starts. Attributes are tested in tests/vault alone, under
# a fixture that takes them away.
os.environ["KUAGER_ATTRIBUTES"] = "off"

# Commands speak the locale's language; tests read English where they do not ask for another.
os.environ["LC_ALL"] = "C.UTF-8"
