"""The technician's tools: for now, the benchmark."""
