"""The fields of a cohort. The model and whatever creates a cohort use this dataclass."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CohortDetails:
    """A cohort without its rules. A programme lists its cohorts by `position`; a `capacity` of None means unlimited
    places, and `welcome` is what people read when they are placed."""

    title: str
    slug: str
    position: int
    capacity: int | None = None
    welcome: str = ""
