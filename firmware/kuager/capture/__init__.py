"""Camera and microphone to encoded, fragmented, marked media; a process that may die at any time."""
