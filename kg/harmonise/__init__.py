"""From results as published to one contrast per trial and stratum, each step named and said."""
