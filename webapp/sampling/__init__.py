"""Which outlets an evaluation visits, and how they were drawn (sampling.md)."""
