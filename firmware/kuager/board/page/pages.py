"""What every page is made with."""

from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from kuager.catalogue.reading import Reader


class Pages(Protocol):
    """Makes pages in a request's language; `app.Page` does."""

    def reader(self, request: Request) -> Reader:
        """The words."""
        ...

    def render(self, request: Request, template: str, **values: Any) -> Response:
        """A page out of a template."""
        ...
