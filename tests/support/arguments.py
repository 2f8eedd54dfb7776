"""Types of command-line arguments."""

import argparse


def at_least_one(text: str) -> int:
    """A whole number that is not below 1. Raises argparse.ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)
