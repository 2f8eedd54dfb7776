"""Shared by all web interfaces: headers, tokens, calls between services and sandboxed HTML."""
