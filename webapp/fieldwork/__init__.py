"""Fieldwork: the tablet's way into the house. What a reviewer does on site lives in static/js and on the tablet; the wire is sync/."""
