"""A fleet that is not there, with all that goes wrong in a lab: for who looks at the TUI first, for its tests and its benchmarks."""

from microdc.health.demo.demo import Demo as Demo
