"""Answers as text, JSON, CSV and RDF."""
