"""Reads answers with the versions of the form that they were given on."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from services.registration.rules.questions import Option, Question, Type

NO_LONGER = "{label} (no longer offered)"

Answer = str | list[str]


@dataclass(frozen=True)
class GivenAnswers:
    """A person's answers by question key. They were given on `version` of the form, except those in `earlier`: the
    person was not asked these again, so they have older versions."""

    answers: Mapping[str, Answer]
    version: int
    earlier: Mapping[str, int] = field(default_factory=dict)

    def version_of(self, key: str) -> int:
        """The version of the form that one answer was given on."""
        return self.earlier.get(key, self.version)

    def changed(self, answers: Mapping[str, Answer], asked: Collection[str], version: int) -> "GivenAnswers":
        """The answers after a change on `version` of the form, which asked only the questions `asked`."""
        kept = {key: self.version_of(key) for key in answers if key not in asked}
        return GivenAnswers(answers, version, {key: older for key, older in kept.items() if older != version})


@dataclass(frozen=True)
class AnswerInWords:
    """An answer as people read it, with its question. `is_asked` is False if the question has left the form."""

    question: str
    words: tuple[str, ...]
    is_asked: bool


@dataclass(frozen=True)
class FormHistory:
    """The questions of an event's form, by version. A version may lack questions and options that people answered and
    chose on an earlier one."""

    versions: Mapping[int, tuple[Question, ...]]

    @property
    def current(self) -> tuple[Question, ...]:
        """The questions on the newest version."""
        return self.versions[max(self.versions)]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all questions on any version, those of the newest version first."""
        return tuple(self._by_key)

    def title(self, key: str) -> str:
        """The text of a question, on the newest version that has it."""
        return self._by_key[key][0][1].label

    def has_options(self, key: str) -> bool:
        """True if some version of the form has options for this question."""
        return any(question.options for _, question in self._by_key[key])

    def in_words(self, key: str, answer: Answer, version: int) -> Answer:
        """An answer with the labels of its options."""
        if isinstance(answer, list):
            return [self.label_of(key, value, version) for value in answer]
        return self.label_of(key, answer, version)

    def label_of(self, key: str, value: str, version: int) -> str:
        """The label of an option, on the version of the form that it was chosen on.

        If that version lacks it, the nearest version that has it, an older one before a newer one; else the value.
        """
        question = self._question(key, version)
        if question is not None and question.options and value not in question.values:
            question = self._question(key, version, has=lambda one: value in one.values)
        return question.label_of(value) if question else value

    def read(self, given: GivenAnswers) -> Iterator[AnswerInWords]:
        """A person's answers in the order of the form. Answers to questions that have left the form come last."""
        asked = {question.key for question in self.current}
        for key in self.keys:
            if answer := given.answers.get(key):
                version = given.version_of(key)
                question = self._question(key, version)
                words = self.in_words(key, answer, version)
                lines = tuple(words) if isinstance(words, list) else (words,)
                yield AnswerInWords(question.label if question else key, lines, key in asked)

    def form_for(self, given: GivenAnswers) -> tuple[Question, ...]:
        """The newest version for a person who changes their answers: it still offers what they chose before."""
        return tuple(self._still_offering(question, given) for question in self.current)

    def _still_offering(self, question: Question, given: GivenAnswers) -> Question:
        answer = given.answers.get(question.key, [])
        chosen = answer if isinstance(answer, list) else [answer]
        gone = [value for value in chosen if value not in question.values]
        if question.type not in (Type.ONE, Type.ANY) or not gone:
            return question
        version = given.version_of(question.key)
        labels = {value: self.label_of(question.key, value, version) for value in gone}
        added = (Option(value, NO_LONGER.format(label=label)) for value, label in labels.items())
        return replace(question, options=(*question.options, *added))

    def _question(self, key: str, version: int, has: Callable[[Question], bool] = lambda _: True) -> Question | None:
        """The question on this version of the form, else on the nearest one, older before newer."""
        found = [(number, question) for number, question in self._by_key.get(key, ()) if has(question)]
        older = [question for number, question in found if number <= version]
        newer = [question for number, question in reversed(found) if number > version]
        return next(iter(older + newer), None)

    @cached_property
    def _by_key(self) -> dict[str, list[tuple[int, Question]]]:
        """Each question on all versions that have it, the newest version first."""
        found: dict[str, list[tuple[int, Question]]] = {}
        for number in sorted(self.versions, reverse=True):
            for question in self.versions[number]:
                found.setdefault(question.key, []).append((number, question))
        return found
