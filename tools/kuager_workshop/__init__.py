"""The technician's tools: `bench` measures, `emulate` is the emulated unit, `hw` makes what follows from the boards."""
