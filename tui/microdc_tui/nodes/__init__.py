"""Nodes on a screen: their states, and their rows. Pure."""
