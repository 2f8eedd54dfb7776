"""Attendee lists as files: a module for each format, all with the same columns and filters."""

from collections.abc import Callable, Iterator, Sequence

from flask import Response, stream_with_context

from services.registration.exports.columns import Cells, Column, UnknownColumn, columns_of, read_batches
from services.registration.exports.csv import write_csv
from services.registration.exports.json import write_json
from services.registration.exports.xlsx import write_xlsx
from services.registration.models import Event
from services.registration.queries.attendees import Filters

__all__ = ["FORMATS", "UnknownColumn", "attendees", "download_response"]

Writer = Callable[[Sequence[Column], Iterator[list[Cells]]], Iterator[bytes]]

FORMATS: dict[str, tuple[str, Writer]] = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "json": ("application/json", write_json),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
}
"""Each format's media type and writer. A writer takes columns and batches of cells, and yields chunks of bytes."""


def attendees(
    event: Event, filters: Filters, format_name: str, columns: Sequence[str] | None = None, *, labels: bool = False
) -> Iterator[bytes]:
    """Export the attendees that match, oldest first, as chunks of a file. `format_name` is a key of FORMATS. With
    `labels`, columns have titles and words in place of names and codes.

    Raises UnknownColumn before the first chunk.
    """
    _, write = FORMATS[format_name]
    chosen = columns_of(event, columns, labels=labels)
    return write(chosen, read_batches(event, filters, chosen))


def download_response(
    event: Event, filters: Filters, format_name: str, columns: Sequence[str] | None = None, *, labels: bool = False
) -> Response:
    """A response that streams `attendees` as a download, in constant memory.

    Raises UnknownColumn before the response starts.
    """
    media_type, _ = FORMATS[format_name]
    chunks = stream_with_context(attendees(event, filters, format_name, columns, labels=labels))
    response = Response(chunks, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}-attendees.{format_name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
