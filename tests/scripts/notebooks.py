#!/usr/bin/env python3
"""Executes notebooks, and compares what their cells print with what is stored.

    tests/scripts/notebooks.py           compares, and leaves the files alone
    tests/scripts/notebooks.py --write   stores the outputs anew

Text and tables have to be the same, character by character. In a cell with the tag `timed` numbers count as equal: its
output holds wall times. In one with the tag `others` they may differ by 3 %: they are those of other libraries, whose
releases move them a little. Pictures are not compared, because their bytes depend on the fonts of the machine.
"""

import argparse
import base64
import difflib
import io
import math
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

FOLDER = Path("notebooks")

MOST_BYTES = 24 * 1024
"""Outputs of one notebook: two answers with the chart of three days and a table are 20 KB."""

OTHERS = 0.03
"""How far numbers of other libraries may be from those that are stored, as a share: 0.0611 may become 0.0622."""

NUMBER = r"\s*\d+(?:\.\d+)?"
"""A number; longer ones take the blanks before them."""

COLORS = 32
"""Colors of a picture that is stored: lines look the same, and it takes a quarter of the bytes."""

DIFF_LINES, DIFF_LETTERS = 40, 160
"""What is shown of a difference."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="store the outputs anew")
    parser.add_argument("notebooks", nargs="*", type=Path, help="those of the folder notebooks when left out")
    arguments = parser.parse_args()
    complaints = []
    for path in arguments.notebooks or sorted(FOLDER.glob("*.ipynb")):
        found = checked(path, arguments.write)
        print(f"{path}: {'NOT as it should be' if found else 'as stored'}", flush=True)
        complaints += [f"{path}: {complaint}" for complaint in found]
    if complaints:
        print("\n".join(complaints), file=sys.stderr)
        hint = "tests/scripts/notebooks.sh --write stores the outputs anew; read them, and the text beside them"
        print(f"\nhint: {hint}", file=sys.stderr)
    return 1 if complaints else 0


def checked(path: Path, write: bool) -> list[str]:
    """What is wrong with a notebook, once its outputs are stored where that is asked for."""
    stored = nbformat.read(path, as_version=4)
    try:
        executed = execute(stored)
    except CellExecutionError as error:
        return [f"a cell failed\n{error}"]
    if write:
        store(stored, executed, path)
    return [*too_large(stored), *differences(stored, executed)]


def execute(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy with outputs of its own."""
    copy = nbformat.from_dict(notebook)
    where = {"metadata": {"path": str(FOLDER)}}
    settings = {"timeout": 600, "kernel_name": "python3", "record_timing": False, "coalesce_streams": True}
    return NotebookClient(copy, resources=where, **settings).execute()


def store(stored: nbformat.NotebookNode, executed: nbformat.NotebookNode, path: Path) -> None:
    """Takes the outputs over, and nothing that names the machine."""
    for old, new in zip(code(stored), code(executed)):
        old.outputs, old.execution_count = new.outputs, new.execution_count
        for data in (output.data for output in old.outputs if "image/png" in output.get("data", {})):
            data["image/png"] = small(data["image/png"])
    nbformat.write(stored, path)


def small(png: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB").quantize(COLORS)
    file = io.BytesIO()
    picture.save(file, "png", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def too_large(notebook: nbformat.NotebookNode) -> list[str]:
    if size(notebook) <= MOST_BYTES:
        return []
    are = f"outputs should have at most {MOST_BYTES} bytes, but have {size(notebook)}"
    return [f"{are}: show fewer rows, or a smaller picture"]


def differences(stored: nbformat.NotebookNode, executed: nbformat.NotebookNode) -> list[str]:
    """What cells print, where it is not what is stored."""
    found = []
    for number, (old, new) in enumerate(zip(code(stored), code(executed)), 1):
        before, after = printed(old), printed(new)
        if before != after and not ("others" in tags(old) and near(before, after)):
            lines = difflib.unified_diff(before, after, "stored", "executed", lineterm="", n=1)
            short = [line[:DIFF_LETTERS] for line in lines][:DIFF_LINES]
            found.append("\n".join([f"code cell {number} prints something else than is stored", *short]))
    return found


def printed(cell: nbformat.NotebookNode) -> list[str]:
    """The text of a cell's outputs, an HTML element a line, without numbers where they are times."""
    texts = [text for output in cell.outputs for kind, text in contents(output) if kind.startswith("text/")]
    lines = "\n".join(texts).replace("><", ">\n<").splitlines()
    return [re.sub(NUMBER, " #", line) for line in lines] if "timed" in tags(cell) else lines


def near(before: list[str], after: list[str]) -> bool:
    """Whether lines are the same but for numbers that are near one another; the order of the lines is that of the numbers."""
    rows = [sorted((re.sub(NUMBER, " #", line), *numbers(line)) for line in lines) for lines in (before, after)]
    same = [row[0] for row in rows[0]] == [row[0] for row in rows[1]] and len(before) == len(after)
    pairs = zip(*([number for row in side for number in row[1:]] for side in rows))
    return same and all(math.isclose(old, new, rel_tol=OTHERS) for old, new in pairs)


def numbers(line: str) -> list[float]:
    return [float(number) for number in re.findall(NUMBER, line)]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def size(notebook: nbformat.NotebookNode) -> int:
    return sum(len(text.encode()) for cell in code(notebook) for output in cell.outputs for _, text in contents(output))


def contents(output: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """What an output holds, by kind."""
    if output.output_type == "stream":
        return [("text/" + output.name, output.text)]
    return sorted((kind, str(content)) for kind, content in output.get("data", {}).items())


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


if __name__ == "__main__":
    sys.exit(main())
