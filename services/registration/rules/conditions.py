"""Conditions on answers, used by routing and by questions that are shown only to some."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Facts = Mapping[str, tuple[str, ...]]
"""Answers by the question's key. No values means that the answer is blank: unknown, never "no"."""


class Test(StrEnum):
    """The test that a condition makes of a fact."""

    __test__ = False  # not a test case, whatever pytest makes of the name

    IS = "is"
    IS_NOT = "is not"
    INCLUDES = "includes any of"
    BLANK = "is blank"


@dataclass(frozen=True)
class Condition:
    """One test of one fact. A blank fact meets no condition but "is blank"."""

    fact: str
    test: Test
    values: tuple[str, ...] = ()

    def holds(self, facts: Facts) -> bool:
        """True where these facts meet the condition."""
        known = facts.get(self.fact, ())
        if self.test is Test.BLANK:
            return not known
        if not known:
            return False
        if self.test is Test.IS:
            return set(known) == set(self.values)
        meets = bool(set(known) & set(self.values))
        return meets if self.test is Test.INCLUDES else not meets

    def __str__(self) -> str:
        return f"{self.fact} {self.test} {', '.join(self.values)}".rstrip()

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Condition":
        """A condition from its stored form. Raises ValueError for a test we do not know."""
        return cls(data["fact"], Test(data["test"]), tuple(data.get("values", ())))

    def as_data(self) -> dict[str, Any]:
        """The stored form."""
        return {"fact": self.fact, "test": str(self.test), "values": list(self.values)}


def facts_of(answers: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Answers as facts: every answer a tuple of the values given."""
    return {key: tuple(value) if isinstance(value, list) else (value,) for key, value in answers.items() if value}
