"""The pages of what was recorded: the list, a recording with its verdict, its story, and its files.

A page is answered at once; the verdict and the story follow, as both may have to read much. While a recording is going
on, or its seal is being made, it is named and nothing of it is served.
"""

import asyncio
from collections import OrderedDict
from typing import Any

from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kuager.board.page import story, storyline
from kuager.board.page.judging import Judgement, Judging, Work
from kuager.board.page.pages import Pages
from kuager.board.page.ranges import FileAnswer
from kuager.board.page.shelf import Glance, Look, Shelf, content_type, digest, is_media
from kuager.board.page.story import Story
from kuager.catalogue.reading import Reader
from kuager.errors import KuagerError
from kuager.evidence.verdict import iso
from kuager.settings import Settings
from kuager.verify import aloud, sentences
from kuager.verify.folder import Folder, NotReadableError
from kuager.verify.plain import grouped, plain

PER_PAGE = 50
_MAX_PAGE = 100_000
_STORIES = 4
_AT_WORK = ("recording", "sealing")


def routes(pages: Pages, settings: Settings) -> list[Route]:
    """All that lies below /recordings."""
    recorded = Recorded(pages, settings)
    return [
        Route("/recordings", recorded.shelf),
        Route("/recordings/{name}", recorded.page),
        Route("/recordings/{name}/verdict.json", recorded.verdict),
        Route("/recordings/{name}/story.html", recorded.story),
        Route("/recordings/{name}/{file}", recorded.file),
    ]


class Recorded:
    """Answers the requests; what was read and judged is kept as long as the files stay as they are."""

    def __init__(self, pages: Pages, settings: Settings) -> None:
        self._pages = pages
        self._shelf = Shelf(settings.carrier.path, settings.unit.name)
        self._judging = Judging(settings.paths.state / "authority" / "ca.pem")
        self._stories: OrderedDict[tuple[str, bytes], Story] = OrderedDict()
        self._reading = asyncio.Lock()

    async def shelf(self, request: Request) -> Response:
        """The list, newest first."""
        asked = request.query_params.get("page", "1")
        page = min(_MAX_PAGE, max(1, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
        names, found = await run_sync(self._listed, page)
        words = self._pages.reader(request)
        rows = [self._row(look, glance, words) for look, glance in found]
        return self._pages.render(
            request, "recordings.html", rows=rows, page=page, more=len(names) > page * PER_PAGE, count=len(names)
        )

    async def page(self, request: Request) -> Response:
        """One recording: what it is, its digest, its files; verdict and story are asked for by the page."""
        look = await run_sync(self._shelf.look, request.path_params["name"])
        if look is None:
            answer = self._pages.render(request, "recorded.html", look=None)
            answer.status_code = 404
            return answer
        glance, sha256 = await run_sync(self._shelf.glance, look), await run_sync(digest, look)
        files = [(name, grouped(size)) for name, size in sorted(look.files.items()) if content_type(name)]
        return self._pages.render(
            request, "recorded.html", look=look, row=self._row(look, glance, self._pages.reader(request)),
            files=files, at_work=look.state in _AT_WORK, sha256=sha256.hex() if sha256 else "",
            groups=aloud.groups(sha256) if sha256 else [],
        )  # fmt: skip

    async def verdict(self, request: Request) -> Response:
        """How far the verdict is; asking begins it."""
        look, words = await self._look(request), self._pages.reader(request)
        if look.state in _AT_WORK:
            return JSONResponse({"state": look.state})
        total = sum(size for file, size in look.files.items() if is_media(file))
        work = self._judging.ask((look.name, look.mark), look.path, total)
        return JSONResponse(_told(work, total, words))

    async def story(self, request: Request) -> Response:
        """The player, the line of time and the lists: a piece of the page."""
        look, words = await self._look(request), self._pages.reader(request)
        if look.state in _AT_WORK:
            raise HTTPException(404)
        told = await self._told(look)
        shown = await run_sync(storyline.show, told, words)
        return self._pages.render(request, "recorded_story.html", shown=shown, name=look.name, told=told)

    async def file(self, request: Request) -> Response:
        """A file, or a range of it; of media exactly what the journal proves."""
        look, file = await self._look(request), request.path_params["file"]
        form = content_type(file)
        if form is None or file not in look.files or look.state in _AT_WORK:
            raise HTTPException(404)
        proven = (await self._told(look)).proven.get(file, 0) if is_media(file) else look.files[file]
        try:
            fd, size = await run_sync(_open, look, file)
        except (OSError, NotReadableError):
            raise HTTPException(404) from None
        kind = "inline" if is_media(file) else "attachment"
        headers = {"content-type": form, "content-disposition": f'{kind}; filename="{file}"'}
        return FileAnswer(request, fd, min(proven, size), headers)

    async def _look(self, request: Request) -> Look:
        look = await run_sync(self._shelf.look, request.path_params["name"])
        if look is None:
            raise HTTPException(404)
        return look

    async def _told(self, look: Look) -> Story:
        key = (look.name, look.mark)
        async with self._reading:  # whoever else wants the same story waits for it
            if key not in self._stories:
                try:
                    self._stories[key] = await run_sync(story.read, look.path)
                except (OSError, KuagerError):
                    raise HTTPException(404) from None
            self._stories.move_to_end(key)
            while len(self._stories) > _STORIES:
                self._stories.popitem(last=False)
            return self._stories[key]

    def _listed(self, page: int) -> tuple[list[str], list[tuple[Look, Glance]]]:
        names = self._shelf.names()
        looks = [self._shelf.look(name) for name in names[(page - 1) * PER_PAGE : page * PER_PAGE]]
        return names, [(look, self._shelf.glance(look)) for look in looks if look]

    def _row(self, look: Look, glance: Glance, words: Reader) -> dict[str, str]:
        work = self._judging.known((look.name, look.mark))
        verdict = work.judgement.verdict if work and work.judgement else None
        return {
            "name": look.name,
            "number": f"{look.number:06d}",
            "state": look.state,
            "begin": _moment(glance.opened_utc_us) if glance.opened_utc_us is not None else "",
            "length": storyline.lasting(glance.length_us) if glance.length_us is not None else "",
            "mode": words.word("screen", glance.mode) if glance.mode else "",
            "unit": plain(glance.unit or ""),
            "outcome": verdict.outcome.name.lower().replace("_", "-") if verdict else "",
            "word": sentences.outcome(verdict.outcome, words) if verdict else "",
        }


def _open(look: Look, file: str) -> tuple[int, int]:
    with Folder(look.path) as folder:
        return folder.open(file)


def _told(work: Work | None, total: int, words: Reader) -> dict[str, Any]:
    """The state of a verdict for the page: sentences in its language."""
    if work and work.judgement:
        return {"state": "done", **_judged(work.judgement, words)}
    if work and work.failure:
        return {"state": "failed", "word": words("recorded.failed"), "sentence": words("recorded.failed-why")}
    begun = work is not None and work.begun
    return {
        "state": "checking" if begun else "waiting",
        "done": work.done if work else 0,
        "total": total,
        "word": words(f"recorded.{'checking' if begun else 'waiting'}"),
        "sentence": words("recorded.progress", done=_megabytes(work.done if work else 0), total=_megabytes(total)),
    }


def _judged(judgement: Judgement, words: Reader) -> dict[str, Any]:
    verdict = judgement.verdict
    findings = [
        {
            "code": finding.code,
            "leads": sentences.outcome(finding.leads, words),
            "text": plain(sentences.placed(finding, words)),
        }
        for finding in verdict.findings
    ]
    more = words("verdict.left-out", count=judgement.left_out) if judgement.left_out else ""
    return {
        "outcome": verdict.outcome.name.lower().replace("_", "-"),
        "word": sentences.outcome(verdict.outcome, words),
        "sentence": plain(sentences.reason(verdict, words)),
        "training": verdict.training,
        "findings": findings,
        "more": more,
    }


def _moment(utc_us: int) -> str:
    return iso(utc_us)[:19].replace("T", " ")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f}"
