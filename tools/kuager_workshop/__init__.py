"""The technician's tools: the benchmark (`bench`), the emulated unit (`emulate`), what is made from the board files (`hw`)."""
