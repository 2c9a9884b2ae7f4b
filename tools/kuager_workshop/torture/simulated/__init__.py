"""A whole unit in simulated time: the firmware's own session, recorder and vault, without threads, sockets or waiting.

Each of the three is a *part*, fed by calls and answering by what it says; a *host* runs it, in this process or in one
of its own that can be killed by real signals. Only the edges are simulated: time, sensors, light, loudspeaker, hands.
"""
