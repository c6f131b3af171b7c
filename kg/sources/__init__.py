"""One module per source: files to records, no RDF."""
