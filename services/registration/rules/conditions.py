"""Conditions on answers. Routing rules use them, and so do questions that depend on earlier answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

Facts = Mapping[str, tuple[str, ...]]
"""Answers by question key, each a tuple of values. An empty tuple means "unknown", never "no"."""


class Operator(StrEnum):
    """How a condition compares a fact with its values."""

    IS = "is"
    IS_NOT = "is not"
    INCLUDES = "includes any of"
    BLANK = "is blank"


@dataclass(frozen=True)
class Condition:
    """One test of one fact. A blank fact satisfies only "is blank"."""

    fact: str
    test: Operator
    values: tuple[str, ...] = ()

    def holds(self, facts: Facts) -> bool:
        """True if these facts satisfy the condition."""
        known, wanted = set(facts.get(self.fact, ())), set(self.values)
        match self.test:
            case Operator.BLANK:
                return not known
            case Operator.IS:
                return bool(known) and known == wanted
            case Operator.IS_NOT:
                return bool(known) and not known & wanted
            case Operator.INCLUDES:
                return bool(known & wanted)
            case _:
                assert_never(self.test)

    def __str__(self) -> str:
        return f"{self.fact} {self.test} {', '.join(self.values)}".rstrip()

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Condition":
        """Read a condition from its stored form. Raises ValueError for an unknown test, and KeyError if a field is
        missing."""
        return cls(data["fact"], Operator(data["test"]), tuple(data.get("values", ())))

    def as_data(self) -> dict[str, Any]:
        """The condition in its stored form."""
        return {"fact": self.fact, "test": str(self.test), "values": list(self.values)}


def facts_of(answers: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Convert answers to facts: each answer becomes a tuple of values, and blank answers are left out."""
    return {key: tuple(value) if isinstance(value, list) else (value,) for key, value in answers.items() if value}
