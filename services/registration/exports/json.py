"""Attendees as a JSON array of objects, for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence

from services.registration.exports.columns import Column, Row


def write_json(columns: Sequence[Column], batches: Iterable[list[Row]]) -> Iterator[bytes]:
    """One object a line, in chunks of a batch; several choices are a list, what was not answered is null."""
    between = "[\n"
    for rows in batches:
        objects = (
            json.dumps({column.name: column.cell(row) for column in columns}, ensure_ascii=False) for row in rows
        )
        yield (between + ",\n".join(objects)).encode()
        between = ",\n"
    yield b"[]\n" if between == "[\n" else b"\n]\n"
