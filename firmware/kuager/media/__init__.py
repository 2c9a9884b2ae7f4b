"""What is in the media, to the bit: boxes, reference times, and the mark that every picture carries. Pure; no I/O."""
