"""The command line: ``kg``."""

from kg.cli.app import main

__all__ = ["main"]
