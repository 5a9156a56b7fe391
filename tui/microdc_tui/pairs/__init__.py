"""Pairs of sites in a few cells: asked against measured. Pure."""
