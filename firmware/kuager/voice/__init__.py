"""The unit's voice: prompts in Russian, Kazakh and English, put together from recorded or rendered words, and played.

The words are `kuager.catalogue`'s. `speech` puts one prompt together, `player` gives one voice at a time to a
loudspeaker, `rendering` makes the sound files once, at set-up.
"""
