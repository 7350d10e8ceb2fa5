"""Model files on the disk: those of the command, and beside them how the frame was written."""

from __future__ import annotations

import hashlib
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

MOST_BYTES = 255
"""What the name of a file may have, on every file system that is in use."""


@dataclass(frozen=True)
class Stored:
    """What was saved."""

    fits: Fits
    # The settings of the forecaster; empty for models of the command.
    settings: dict[str, Any]


def save(path: Path, fits: Fits, settings: dict[str, Any]) -> None:
    """Writes one file for one series, a folder of them for more.

    All is on the disk under other names before the first file is replaced, and the note comes first: where the rest is
    cut off, `load` sees models that are not those of the note.
    """
    files = fits.files(path.name)
    single = len(files) == 1
    if single and path.is_dir():
        raise ValueError(f"{path} is a folder\n\nhint: pass the name of a file for one series, or remove the folder")
    paths = [path] if single else [path / file_name(name) for name, _, _ in files]
    _refuse_long(paths, [name for name, _, _ in files])
    replaced = [] if single else _replaced(path, set(paths))
    models = [(file, *rest) for file, rest in zip(paths, files, strict=True)]
    note = {
        "forecaster": settings,
        "frame": json.loads(fits.frame()),
        "models": {file.name: name for file, name, _, _ in models},
        "checksums": {file.name: _checksum(content) for file, _, content, _ in models},
    }
    if single and path.is_file():
        # Where it still stands beside this note, the save was cut off.
        note["before"] = _checksum(path.read_bytes())
    with _Files() as written:
        written.add(_note(path, single), _json({**note, "replaced": [file.name for file in replaced]}))
        for file, _, content, card in models:
            written.add(file, content)
            written.add(_beside(file, CARD), card.encode() + b"\n")
        written.take_their_names()
    for file in replaced:
        file.unlink(missing_ok=True)
        _beside(file, CARD).unlink(missing_ok=True)
    if replaced:
        with _Files() as written:
            written.add(_note(path, single), _json(note))
            written.take_their_names()


def load(path: Path) -> Stored:
    """Reads what `save`, `forescale train` or `forescale fleet train` wrote."""
    folder = path.is_dir()
    note = _read(_note(path, not folder))
    replaced = set(note.get("replaced", []))
    paths = sorted(file for file in path.iterdir() if _is_model(file) and file.name not in replaced) if folder else [path]
    if not paths:
        raise ValueError(f"{path} holds no model\n\nhint: pass what Forecaster.save or forescale train wrote")
    read = {file.name: file.read_bytes() for file in paths}
    if not _is_of(note, read):
        if folder or _checksum(read[path.name]) == note.get("before"):
            raise ValueError(
                f"{path} holds other models than were saved into it: a save was cut off, or they were trained again"
                f"\n\nhint: save the forecaster again, or remove {_note(path, not folder).name} to read the models without its settings"
            )
        # The command has trained it again: nothing is known of a frame.
        note = {}
    known = note.get("models", {})
    # In the order in which they were saved; what the command added comes after.
    place = {name: at for at, name in enumerate(known)}
    paths.sort(key=lambda file: place.get(file.name, len(place)))
    files = [(str(file), read[file.name], known.get(file.name)) for file in paths]
    frame = json.dumps(note["frame"]) if "frame" in note else None
    return Stored(Fits.of_files(files, frame, folder), note.get("forecaster", {}))


def file_name(name: str) -> str:
    """The file of a series, as `forescale fleet train` calls it: what is not a letter, a digit, `-` or `_` is `%XX`."""
    return quote(name, safe="").replace(".", "%2E").replace("~", "%7E") or "%"


def _refuse_long(paths: list[Path], names: list[str]) -> None:
    """Refuses before anything is written what no file system takes for a name."""
    for file, name in zip(paths, names, strict=True):
        length = len(_beside(file, CARD).name.encode())
        if length > MOST_BYTES:
            raise ValueError(
                f'series "{name}": the name of its file would have {length} bytes, but at most {MOST_BYTES} are allowed'
                "\n\nhint: give the series a shorter name; a letter beyond ASCII takes six bytes or more"
            )


def _replaced(folder: Path, own: set[Path]) -> list[Path]:
    """The models of an earlier save that this one does not write; refuses where somebody else's stand."""
    if not folder.is_dir():
        return []
    note = _read(_note(folder, False))
    earlier = {*note.get("models", {}), *note.get("replaced", [])}
    others = sorted(file for file in folder.iterdir() if _is_model(file) and file not in own)
    foreign = [file.name for file in others if file.name not in earlier]
    if foreign:
        raise ValueError(
            f"{folder} holds models of other series: {', '.join(foreign[:5])}"
            "\n\nhint: pass another folder, or remove them: they would be loaded with yours"
        )
    return others


def _is_of(note: dict[str, Any], models: dict[str, bytes]) -> bool:
    """Whether the models are those that were noted; others may stand beside them."""
    checksums: dict[str, str] = note.get("checksums", {})
    return all(name in models and _checksum(models[name]) == known for name, known in checksums.items())


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(note: dict[str, Any]) -> bytes:
    return json.dumps(note, default=_settings._plain, indent=2).encode() + b"\n"


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
    # What begins so is not whole, or was left behind by a kill.
    if path.name.startswith(".") or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(10) == b"FORESCALE\0"


class _Files:
    """Files that are on the disk before any of them takes its name; what has none at the end is removed."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Path, Path]] = []

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *error: object) -> None:
        for unfinished, _ in self._waiting:
            unfinished.unlink(missing_ok=True)

    def add(self, path: Path, content: bytes) -> None:
        """Writes a file that is to be called `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".forescale-", delete=False) as file:
            self._waiting.append((Path(file.name), path))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)

    def take_their_names(self) -> None:
        """Gives the files their names, in the order in which they were added."""
        for unfinished, path in self._waiting:
            os.replace(unfinished, path)
        self._waiting = []
