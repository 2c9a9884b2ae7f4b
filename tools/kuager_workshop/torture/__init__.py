"""Faults, power cuts, tampering and hostile input, played on the firmware and the checker: ``make torture``."""
