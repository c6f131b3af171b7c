"""Reviews of files: taken in, answered again, and given out as files."""
