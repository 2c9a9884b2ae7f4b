"""Progress of what takes minutes: one line with a bar where a person looks on, one line a step elsewhere."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextlib.contextmanager
def shown(total: int) -> Iterator[Callable[[str], None]]:
    """Gives what is to be called at the begin of each of `total` steps with what it does."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: console.print(f"emulate: {text}")
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("looking at what is there", total=total)
        begun = 0

        def step(text: str) -> None:
            nonlocal begun
            progress.update(task, description=text, completed=begun)
            begun += 1

        yield step
