"""Redfish: DMTF's client, wrapped so that none of what it lacks reaches a user."""
