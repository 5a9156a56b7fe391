"""Switches over SSH: their configuration kept, their facts, and small changes of a port that are proved or taken back."""
