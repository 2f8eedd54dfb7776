"""Reads the fields of a form's questions from the request."""

from typing import Any

from flask import request

from services.registration.rules.questions import Question, Type


def answers_typed(questions: tuple[Question, ...]) -> dict[str, Any]:
    """What was typed or ticked for each question, as it came."""
    return {
        question.key: request.form.getlist(f"answers.{question.key}")
        if question.type is Type.ANY
        else request.form.get(f"answers.{question.key}", "")
        for question in questions
    }
