"""The Instruction as data: procedure packs and their loader."""

from kuager.procedure.pack import MENU, Action, Item, Pack, load, pack

__all__ = ["MENU", "Action", "Item", "Pack", "load", "pack"]
