"""Topologies that others drew: GraphML, GML, SNDlib, EnOS. Read into one graph, tidied into a document. Pure."""
