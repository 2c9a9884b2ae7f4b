"""Our templates, for pages and for paper."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates() -> Environment:
    """Our templates: what is put into them is escaped, and what they lack is an error."""
    return Environment(
        loader=PackageLoader("kuager.board.page"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
