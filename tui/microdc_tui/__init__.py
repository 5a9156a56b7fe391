"""The place of the full-screen view of the testbed. There is none yet: `microdc --help` lists what can be done today."""
