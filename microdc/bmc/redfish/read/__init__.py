"""What a Redfish service says, read: resources in, values out, and a remark for whatever could not be taken as it is."""
