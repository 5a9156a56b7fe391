"""The servers of a lab: a machine for each that has a BMC, and the BMC."""
