"""Where the data comes from and where acts go: a lab, a recording, or the demo fleet."""
