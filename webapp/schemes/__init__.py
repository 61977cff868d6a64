"""The room of the schemes: what a certification scheme is, and what a score is worth under it.

Here live the reading of a scheme version and the scoring; both are pure and need no database.
Never here: who is asked in practice (planning), what the tablets sent (sync), what a score leads to (later rooms).
"""
