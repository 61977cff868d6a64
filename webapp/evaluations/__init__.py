"""Evaluations: one round of a client, its scheme version, team, and the versions in which it was frozen."""
