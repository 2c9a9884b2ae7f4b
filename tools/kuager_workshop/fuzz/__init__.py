"""Hostile bytes for every parser: targets, their corpus, and what runs them; README.md says how."""
