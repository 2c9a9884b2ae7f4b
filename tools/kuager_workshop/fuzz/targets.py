"""The table of targets: every parser that meets bytes which others made."""

from kuager_workshop.fuzz import evidence, folders, media, messages, story, texts
from kuager_workshop.fuzz.target import Target

TARGETS: dict[str, Target] = {
    **evidence.TARGETS,
    **media.TARGETS,
    **messages.TARGETS,
    **texts.TARGETS,
    **folders.TARGETS,
    **story.TARGETS,
}
"""By name, in the order in which they are run."""
