"""Those who stand at the virtual board's door: a person at the terminal, or a script.

`hand` moves the buttons and hears what the unit shows; `script` plays a session from a text; `app` is the unit in the
terminal. All of it is outside the product's own processes: it can do nothing that a hand on a real unit could not.
"""
