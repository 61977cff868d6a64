"""Accounts: certification bodies, their people, roles, sign-ins and service tokens."""
