"""What is asked of a Redfish service: which requests, in which order, and which refusal leads to which next try."""
