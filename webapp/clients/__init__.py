"""Clients: the organisations that are certified, their people and the places that can be visited."""
