"""What vendors tell in MIBs of their own, and in no standard one. Asked of their own devices only."""
