"""One recording after another, in the Instruction's order: events in, effects out, no clock and no I/O."""

from kuager.session.machine import begin, step
from kuager.session.state import Phase, State, dump, essence, load

__all__ = ["Phase", "State", "begin", "dump", "essence", "load", "step"]
