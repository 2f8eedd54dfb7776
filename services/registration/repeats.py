"""Requests that are safe to repeat: the answer to a key is kept for a day and given again."""

import hashlib
import json
from typing import Any

from services.registration.models import IdempotencyKey, db
from shared.clock import now

LONGEST_KEY = 150


class KeyReused(Exception):
    """The same key came with another request."""


def answer_kept(scope: str, key: str, request: Any) -> tuple[int, dict[str, Any]] | None:
    """The status and answer given to this request before. Raises KeyReused where it was another request."""
    kept = db.session.get(IdempotencyKey, f"{scope} {key}")
    if kept is None:
        return None
    if kept.request_hash != digest(request):
        raise KeyReused
    return kept.status, kept.answer


def keep_answer(scope: str, key: str, request: Any, status: int, answer: dict[str, Any]) -> None:
    """Keep an answer, in the transaction that made it true. Two at once: the second fails to commit."""
    db.session.add(
        IdempotencyKey(
            key=f"{scope} {key}", request_hash=digest(request), status=status, answer=answer, created_at=now()
        )
    )


def digest(request: Any) -> str:
    """A short text that is the same for the same request."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
