"""The bodies that the API reads and writes, as marshmallow schemas."""
