"""What a store remembers: versions of records, what changed between two days, and what was retracted."""
