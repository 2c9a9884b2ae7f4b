"""Kuager: a body-worn recorder whose recordings can be checked without trusting it."""

__version__ = "0.1.0"
