"""Tables of scores as Markdown, and where they stand in a document."""

import pathlib
import re
import statistics
from collections.abc import Iterable

# A single trace that one method gets right or wrong by accident should not decide the mean.
CLIP = 0.01, 100.0


def ratio(own: float, naive: float) -> float:
    if own == naive:
        return 1.0
    return min(max(own / naive if naive else CLIP[1], CLIP[0]), CLIP[1])


def geometric(pairs: Iterable[tuple[float, float]]) -> float:
    """The geometric mean of one score over another."""
    return statistics.geometric_mean(ratio(own, naive) for own, naive in pairs)


def markdown(heads: list[str], rows: list[list[str]], text: tuple[int, ...] = (0,)) -> str:
    rules = ["---" if at in text else "---:" for at in range(len(heads))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [heads, rules, *rows])


def fill(file: pathlib.Path, tables: dict[str, str]) -> None:
    """Replaces what stands between `<!-- begin NAME -->` and `<!-- end NAME -->` for each table."""
    document = file.read_text(encoding="utf-8")
    for name, table in tables.items():
        place = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        document = place.sub(lambda marks: f"{marks[1]}\n{table}\n{marks[2]}", document)
    file.write_text(document, encoding="utf-8")
