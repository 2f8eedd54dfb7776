"""What every web side shares: headers, tokens, calls between services and sandboxed HTML."""
