"""The virtual board's page: the unit in a browser, for whoever tries it and for officers in training.

A process of its own and optional: it stands at the board's door like the terminal, moves pins and shows what the unit
does. Nothing that it does, and nothing that happens to it, stops a recording. README.md tells of its parts.
"""
