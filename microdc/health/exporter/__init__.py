"""The health of all that is watched, told to Prometheus."""
