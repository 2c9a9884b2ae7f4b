"""The session's own world of tests, so that what page and card tell of it is held against what it does."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "session"))

from session_world import World, noted, of, said

__all__ = ["World", "noted", "of", "said"]
