"""Comparisons with peers, each in one run; not part of the tests."""
