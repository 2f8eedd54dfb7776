"""Attendee lists to take away: one file a format, all with the same columns and filters."""

from collections.abc import Callable, Iterator, Sequence

from flask import Response, stream_with_context

from services.registration.attendees import Filters
from services.registration.exports.columns import Cells, Column, UnknownColumn, columns_of, read_batches
from services.registration.exports.csv import write_csv
from services.registration.exports.json import write_json
from services.registration.models import Event

__all__ = ["FORMATS", "UnknownColumn", "attendees_csv", "attendees_json", "columns_of", "download_response"]

Writer = Callable[[Sequence[Column], Iterator[list[Cells]]], Iterator[bytes]]

FORMATS: dict[str, tuple[str, Writer]] = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "json": ("application/json", write_json),
}
"""Each format's media type, and what writes columns and batches of their cells as chunks of bytes."""


def attendees_csv(event: Event, filters: Filters, columns: Sequence[str] | None = None) -> Iterator[bytes]:
    """The attendees that match, oldest first, as CSV. Raises UnknownColumn at once."""
    return _attendees(event, filters, write_csv, columns)


def attendees_json(event: Event, filters: Filters, columns: Sequence[str] | None = None) -> Iterator[bytes]:
    """The attendees that match, oldest first, as a JSON array. Raises UnknownColumn at once."""
    return _attendees(event, filters, write_json, columns)


def download_response(
    event: Event, filters: Filters, format_name: str, columns: Sequence[str] | None = None
) -> Response:
    """An answer that streams the attendees as a file, in constant memory; `format_name` is one of FORMATS.

    Raises UnknownColumn before anything is sent.
    """
    media_type, write = FORMATS[format_name]
    response = Response(stream_with_context(_attendees(event, filters, write, columns)), content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}-attendees.{format_name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _attendees(event: Event, filters: Filters, write: Writer, names: Sequence[str] | None) -> Iterator[bytes]:
    columns = columns_of(event, names)
    return write(columns, read_batches(event, filters, columns))
