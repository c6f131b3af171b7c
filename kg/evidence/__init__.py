"""From a question to a pooled, traceable answer: where graph and statistics meet."""
