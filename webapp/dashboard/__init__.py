"""Dashboard: what the body's own people see of all evaluations, read only."""
