"""The page of signals: the table, its lights as a stylesheet, what is spoken as sound, and the card as a PDF."""

import io
import wave

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kuager.board.page import card
from kuager.board.page.lights import HEX, stylesheet
from kuager.board.page.pages import Pages
from kuager.board.page.table import SHORT_MS, prompts, rows
from kuager.board.page.told import seconds, tell
from kuager.catalogue.template import pieces
from kuager.settings import Settings
from kuager.voice.sound import RATE, SAMPLE_BYTES
from kuager.voice.speech import Voice, directories


def routes(pages: Pages, settings: Settings) -> list[Route]:
    """What is to be served."""
    here = _Signals(pages, settings)
    return [
        Route("/signals", here.page),
        Route("/signals.css", here.lights),
        Route("/signals.pdf", here.card),
        Route("/voice/{prompt}.wav", here.voice),
    ]


class _Signals:
    def __init__(self, pages: Pages, settings: Settings) -> None:
        self._pages, self._settings = pages, settings
        self._css = stylesheet(rows(settings.signals.reminder_s))

    async def page(self, request: Request) -> Response:
        words = self._pages.reader(request)
        told = tell(words, self._settings.signals.reminder_s)
        audible = await run_in_threadpool(self._audible, words.language)
        return self._pages.render(
            request, "signals.html", told=told, audible=audible, hex=HEX, short_ms=SHORT_MS,
            scale=lambda ms: seconds(ms, words.language),
        )  # fmt: skip

    async def lights(self, _: Request) -> Response:
        return Response(self._css, media_type="text/css")

    async def card(self, request: Request) -> Response:
        language = self._pages.reader(request).language
        document = await run_in_threadpool(card.pdf, language)
        name = f'inline; filename="kuager-signals-{language}.pdf"'
        return Response(document, media_type="application/pdf", headers={"content-disposition": name})

    async def voice(self, request: Request) -> Response:
        prompt, language = request.path_params["prompt"], self._pages.reader(request).language
        sound = await run_in_threadpool(self._sound, prompt, language)
        if not sound:
            raise HTTPException(404)
        return Response(sound, media_type="audio/wav")

    def _voice(self, language: str) -> Voice:
        # A new one for each thread: a Voice is not for several at once, and keeps sounds that we need once.
        return Voice(language, directories(self._settings.voice.directory))

    def _audible(self, language: str) -> set[str]:
        """What can be played: wholly known before it is spoken, and every sound file of it is there."""
        voice = self._voice(language)
        missing = set(voice.missing())
        return {prompt for prompt in prompts() if _fixed(voice, prompt) and not _tokens(voice, prompt) & missing}

    def _sound(self, prompt: str, language: str) -> bytes:
        """A WAV file; empty where the table does not speak it, or it can't be played."""
        voice = self._voice(language)
        if prompt not in prompts() or not _fixed(voice, prompt):
            return b""
        pcm = voice.say(prompt).pcm
        return _wav(pcm) if pcm else b""


def _fixed(voice: Voice, prompt: str) -> bool:
    return not voice.catalogue.slots(prompt)


def _tokens(voice: Voice, prompt: str) -> set[str]:
    return {piece.token for piece in pieces(voice.catalogue.template(prompt)) if piece.token}


def _wav(pcm: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return out.getvalue()
