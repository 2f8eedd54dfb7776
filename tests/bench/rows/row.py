"""One file for each piece of work that is measured; `EVERY` lists them in the order of the report."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.stores import Stores

Figures = dict[str, float]
"""What one round found, by name. A name ends with its unit."""


@dataclass(frozen=True)
class Stage:
    """Where a row is measured. `turn` is how many seconds each load lasts."""

    stores: Stores
    folder: Path
    turn: float = 1.0


@dataclass(frozen=True)
class Row:
    """A piece of work. `on` sets it up on a stage, once, and gives what measures one round of it: the
    floors and the product in turn."""

    name: str
    work: str
    on: Callable[[Stage], AbstractContextManager[Callable[[], Figures]]]
