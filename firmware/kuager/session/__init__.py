"""One recording after another, in the Instruction's order: events in, effects out, no clock and no I/O.

``step(state, event, pack)`` gives the next state and what is to be done. Whoever drives it keeps these rules:

- events are given in the order in which they happened, one at a time, and a `Tick` four times a second;
- effects are done in the order given, each at once or not at all; none is waited for;
- each `Speak` is answered by one `SpeechDone` of the same prompt, also when it was cut short or could not be played;
- `state.phase` and `state.signal` are read after each step, and shown;
- the state is kept by the vault (`dump`, whenever `essence` changes); a new supervisor goes on with `load`, gives
  `SupervisorRestarted` first, then `VaultReady` and `CaptureBack` as at any start.

Modules: `events` and `effects` are the two vocabularies, `state` is what is known, `turn` one step being taken;
`buttons`, `dialogue`, `interruption`, `life`, `peers` and `waiting` each know one kind of thing; `machine` is the door.
"""

from kuager.session.machine import begin, step
from kuager.session.state import Phase, State, dump, essence, load

__all__ = ["Phase", "State", "begin", "dump", "essence", "load", "step"]
