"""Offline-first registers over HTTP: what each person said stays, in their own name, in any order of arrival.

The promise and the rules are in README.md. Nothing in this package imports its host application.
"""
