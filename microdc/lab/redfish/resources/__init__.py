"""The resources of a machine's BMC: pure functions from what is known of it to {path: document}, one file per service."""
