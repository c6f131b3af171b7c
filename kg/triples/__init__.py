"""Records to triples: the only writer of our vocabulary; reading it is reading the data model."""

from kg.triples import drugs, results, reviews, trials, vocabularies
from kg.triples.columns import column
from kg.triples.writing import key, triples

__all__ = ["column", "drugs", "key", "results", "reviews", "trials", "triples", "vocabularies"]
