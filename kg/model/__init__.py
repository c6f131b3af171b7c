"""Frozen things: records as sources state them, questions, answers."""
