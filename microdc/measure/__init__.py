"""Measurement of a pair of sites with the field's own tools, and the verdict on what was asked of it."""
