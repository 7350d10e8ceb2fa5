"""Progress bars: tqdm's where it is installed, a function of the caller's otherwise."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = bool | Callable[[int, int], object]


@contextmanager
def shown(progress: Progress, what: str) -> Iterator[Callable[[int, int], object] | None]:
    """What is called with what is done and what there is; nothing when nobody wants to see it."""
    if callable(progress):
        yield progress
    elif progress and importlib.util.find_spec("tqdm"):
        from tqdm.auto import tqdm

        with tqdm(desc=what, leave=False) as bar:

            def tell(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)
                if done == total:
                    # The last step may come too soon after the one before to be drawn by itself.
                    bar.refresh()

            yield tell
    elif progress:
        raise ValueError("a progress bar needs tqdm\n\nhint: install forescale[progress], or pass a function of two numbers")
    else:
        yield None
