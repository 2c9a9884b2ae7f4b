"""Becomes one of the unit's processes, tied to its parent: ``python -m kuager.child PARENT SIGNAL MODULE ARGUMENT...``.

The kernel sends SIGNAL when the parent dies (prctl(2), PR_SET_PDEATHSIG), so that nothing of the unit runs unwatched.
Done here, after the start, because code between fork and exec is not safe in a parent that has threads. A process that
its watchdog ends (SIGABRT) prints into the log where each thread stood.
"""

import ctypes
import faulthandler
import os
import runpy
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int, number: int) -> None:
    """Be sent this signal when the parent dies; end at once if it is dead already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        sys.exit(1)


def main() -> None:
    """The process's entry."""
    faulthandler.enable()
    parent, number, module = sys.argv[1:4]
    die_with(int(parent), int(number))
    sys.argv = [module, *sys.argv[4:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
