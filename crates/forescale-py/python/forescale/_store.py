"""Model files on the disk: those of the command, and beside them how the frame was written."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from forescale import _settings
from forescale._forescale import Fits

NOTE = "forecaster.json"
"""What stands in a folder of models beside them, and ends the name of what stands beside a single one."""

CARD = ".card.json"
"""What the card of a model ends in."""


@dataclass(frozen=True)
class Stored:
    """What was saved."""

    fits: Fits
    # The settings of the forecaster; empty for models of the command.
    settings: dict[str, Any]


def save(path: Path, fits: Fits, settings: dict[str, Any]) -> None:
    """Writes one file for one series, a folder of them for more."""
    files = fits.files(path.name)
    single = len(files) == 1
    if single and path.is_dir():
        raise ValueError(f"{path} is a folder\n\nhint: pass the name of a file for one series, or remove the folder")
    paths = [path] if single else [path / file_name(name) for name, _, _ in files]
    if not single:
        _clear(path, set(paths))
    for file, (_, content, card) in zip(paths, files, strict=True):
        _write(file, content)
        _write(_beside(file, CARD), card.encode() + b"\n")
    note = {
        "forecaster": settings,
        "frame": json.loads(fits.frame()),
        "models": {file.name: name for file, (name, _, _) in zip(paths, files, strict=True)},
    }
    _write(_note(path, single), json.dumps(note, default=_settings._plain, indent=2).encode() + b"\n")


def load(path: Path) -> Stored:
    """Reads what `save`, `forescale train` or `forescale fleet train` wrote."""
    folder = path.is_dir()
    paths = sorted(file for file in path.iterdir() if _is_model(file)) if folder else [path]
    if not paths:
        raise ValueError(f"{path} holds no model\n\nhint: pass what Forecaster.save or forescale train wrote")
    note = _read(_note(path, not folder))
    known = note.get("models", {})
    # In the order in which they were saved; what the command added comes after.
    place = {name: at for at, name in enumerate(known)}
    paths.sort(key=lambda file: place.get(file.name, len(place)))
    files = [(str(file), file.read_bytes(), known.get(file.name)) for file in paths]
    frame = json.dumps(note["frame"]) if "frame" in note else None
    return Stored(Fits.of_files(files, frame, folder), note.get("forecaster", {}))


def file_name(name: str) -> str:
    """The file of a series, as `forescale fleet train` calls it: what is not a letter, a digit, `-` or `_` is `%XX`."""
    return quote(name, safe="").replace(".", "%2E").replace("~", "%7E") or "%"


def _clear(folder: Path, own: set[Path]) -> None:
    """Removes the models of an earlier save that this one does not replace; refuses where somebody else's stand."""
    if not folder.is_dir():
        return
    earlier = set(_read(_note(folder, False)).get("models", {}))
    others = sorted(file for file in folder.iterdir() if _is_model(file) and file not in own)
    foreign = [file.name for file in others if file.name not in earlier]
    if foreign:
        raise ValueError(
            f"{folder} holds models of other series: {', '.join(foreign[:5])}"
            "\n\nhint: pass another folder, or remove them: they would be loaded with yours"
        )
    for file in others:
        file.unlink()
        _beside(file, CARD).unlink(missing_ok=True)


def _note(path: Path, single: bool) -> Path:
    return _beside(path, "." + NOTE) if single else path / NOTE


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _read(note: Path) -> dict[str, Any]:
    try:
        return json.loads(note.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{note} cannot be read: {error}\n\nhint: remove it, or save the forecaster again") from error


def _is_model(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(10) == b"FORESCALE\0"


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: the bytes take the name when they are on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
