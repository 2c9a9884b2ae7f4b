"""The Instruction as data: procedure packs and their loader."""

from kuager.procedure.pack import Action, Item, Pack, load, pack

__all__ = ["Action", "Item", "Pack", "load", "pack"]
