"""Attendees as a JSON array of objects."""

import json
from collections.abc import Iterable, Iterator, Sequence

from services.registration.exports.columns import Cells, Column
from services.registration.exports.words import in_words


def write_json(columns: Sequence[Column], batches: Iterable[list[Cells]]) -> Iterator[bytes]:
    """Write one object a line; each batch is one chunk. Several choices are a list, and a blank answer is null."""
    encode = json.JSONEncoder(ensure_ascii=False, default=in_words).encode
    names = [column.name for column in columns]
    between = "[\n"
    for batch in batches:
        objects = [encode(dict(zip(names, row, strict=True))) for row in zip(*batch, strict=True)]
        yield (between + ",\n".join(objects)).encode()
        between = ",\n"
    yield b"[]\n" if between == "[\n" else b"\n]\n"
