"""Shared by the services: the message contracts, and the infrastructure under them."""
