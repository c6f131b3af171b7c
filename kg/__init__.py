"""A knowledge-graph evidence service: from trials as triples to pooled, traceable answers."""

__version__ = "0.1.0"
