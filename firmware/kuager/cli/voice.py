"""`kuager voice`: makes the spoken prompts, lists their words for a human speaker, and tries one out."""

import csv
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kuager.catalogue import FORMS, LANGUAGES, Argument, load_catalogue
from kuager.errors import UsageError
from kuager.voice.rendering import pending, render
from kuager.voice.sound import write_wav
from kuager.voice.speech import Voice, directories, rendered_directory

_LANGUAGE = click.Choice(LANGUAGES)


@click.group()
def voice() -> None:
    """Make the unit's spoken prompts."""


@voice.command(name="render")
@click.option("--language", "languages", type=_LANGUAGE, multiple=True, help="Only this one; may be given again.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder; the unit's own if not given.")
def render_(languages: tuple[str, ...], out: Path | None) -> None:
    """Have espeak-ng speak every prompt into a WAV file: what is missing, and what has changed."""
    folder = out or rendered_directory()
    catalogues = [load_catalogue(language) for language in languages or LANGUAGES]
    columns = (TextColumn("voice {task.description}"), BarColumn(), MofNCompleteColumn())
    made = 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        for catalogue in catalogues:
            task = bar.add_task(catalogue.language, total=len(pending(catalogue, folder)))
            made += render(catalogue, folder, partial(bar.advance, task)).made
    names = ", ".join(catalogue.language for catalogue in catalogues)
    click.echo(f"voice ({names}): {made} of {sum(len(c.tokens()) for c in catalogues)} sound files made, in {folder}")


@voice.command(name="list")
@click.argument("language", type=_LANGUAGE)
def list_(language: str) -> None:
    """Print every sound file's name and words as tab-separated text: the script for a human speaker."""
    rows = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    rows.writerow(("file", "words"))
    for token, words in load_catalogue(language).tokens().items():
        rows.writerow((f"{language}/{token}.wav", words.strip(" .,:;")))


@voice.command()
@click.argument("language", type=_LANGUAGE)
@click.argument("prompt")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--recordings", type=click.Path(file_okay=False, path_type=Path), help="Folder of human recordings.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the sound to this WAV file.")
def say(language: str, prompt: str, arguments: tuple[str, ...], recordings: Path | None, out: Path | None) -> None:
    """Put one prompt together and print its words, e.g. `say en interruption.begun cause=camera`.

    A time is given as 2026-11-22T10:15.
    """
    speaker = Voice(language, directories(recordings))
    if prompt not in speaker.catalogue.spoken:
        raise UsageError(f"there is no prompt {prompt}; `kuager voice list {language}` shows what there is")
    speech = speaker.say(prompt, **_arguments(speaker, prompt, arguments))
    click.echo(speech.text)
    if out is not None:
        if not speech.audible:
            raise UsageError("sound files are missing; run `kuager voice render` first")
        write_wav(out, speech.pcm)


def _arguments(speaker: Voice, prompt: str, given: tuple[str, ...]) -> dict[str, Argument]:
    values = dict(text.partition("=")[::2] for text in given)
    arguments: dict[str, Argument] = {}
    for slot in speaker.catalogue.slots(prompt):
        if slot.name not in values:
            raise UsageError(f"{prompt} needs {slot.name}=...")
        try:
            value = values[slot.name]
            arguments[slot.name] = datetime.fromisoformat(value) if slot.kind in FORMS else value
        except ValueError:
            raise UsageError(f"{slot.name} must be a time such as 2026-11-22T10:15") from None
    return arguments
