"""The compiled engine; `import forescale` is its interface."""

from collections.abc import Callable
from typing import Any, final

__all__ = [
    "Fits",
    "Histories",
    "Table",
    "__version__",
    "advise",
    "backtest",
    "bound_names",
    "cross_validation",
    "explain",
    "fleet",
    "plan",
    "replay",
    "step_seconds",
]

__version__: str

_Told = Callable[[int, int], object] | None

def step_seconds(freq: str) -> int: ...
def bound_names(level: list[float]) -> list[str]: ...

@final
class Histories:
    @property
    def names(self) -> list[str]: ...
    @staticmethod
    def from_arrow(
        table: Any, unique_id: str | None, ds: str, y: str, freq: str | None, timezone: str | None
    ) -> Histories: ...
    @staticmethod
    def from_numpy(
        columns: tuple[str, str],
        names: list[str],
        numbered: bool,
        codes: Any,
        ds: Any,
        unit: str,
        tz: str | None,
        y: Any,
        freq: str | None,
        timezone: str | None,
    ) -> Histories: ...
    def __len__(self) -> int: ...
    def step(self) -> str | None: ...

@final
class Table:
    @property
    def names(self) -> list[str]: ...
    @property
    def numbered(self) -> bool: ...
    @property
    def unit(self) -> str: ...
    @property
    def tz(self) -> str | None: ...
    def arrow_table(self, views: bool = ...) -> Any: ...
    def arrays(self) -> dict[str, Any]: ...
    def kinds(self) -> list[tuple[str, str]]: ...

@final
class Fits:
    @property
    def names(self) -> list[str]: ...
    @staticmethod
    def train(histories: Histories, settings: str, h: int, progress: _Told = None) -> Fits: ...
    def predict(
        self,
        h: int,
        level: list[float],
        recent: Histories | None = None,
        threads: int | None = None,
        progress: _Told = None,
    ) -> Table: ...
    @staticmethod
    def forecast(
        histories: Histories, settings: str, h: int, level: list[float], progress: _Told = None
    ) -> Table: ...
    def cards(self) -> list[str]: ...
    def files(self, name: str) -> list[tuple[str, bytes, str]]: ...
    def frame(self) -> str: ...
    @staticmethod
    def of_files(
        files: list[tuple[str, bytes, str | None]], frame: str | None = None, folder: bool = False
    ) -> Fits: ...
    def dump(self) -> bytes: ...
    @staticmethod
    def undump(bytes: bytes) -> Fits: ...

def cross_validation(
    histories: Histories,
    settings: str,
    h: int,
    n_windows: int,
    step_size: int,
    level: list[float],
    refit: bool,
    progress: _Told = None,
) -> Table: ...
def plan(
    settings: str, histories: Histories | None = None, fits: Fits | None = None, series: str | None = None
) -> tuple[str, str]: ...
def explain(
    settings: str, histories: Histories | None = None, fits: Fits | None = None, series: str | None = None
) -> str: ...
def backtest(settings: str, histories: Histories, series: str | None = None, progress: _Told = None) -> str: ...
def replay(
    settings: str, histories: Histories, series: str | None = None, progress: _Told = None
) -> tuple[str, str]: ...
def advise(settings: str, histories: Histories, series: str | None = None, progress: _Told = None) -> str: ...
def fleet(
    settings: str, table: Any, unique_id: str, ds: str, y: str, progress: _Told = None
) -> tuple[Table, str]: ...
