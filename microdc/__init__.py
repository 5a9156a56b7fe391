"""microdc: the controller of a lab of micro data centres."""

__version__ = "0.1.0"
