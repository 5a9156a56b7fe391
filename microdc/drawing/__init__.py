"""Drawings: a map of nodes and lines, a heat map, as SVG and for a terminal. Pure: plain values in, text out."""
