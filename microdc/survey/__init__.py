"""What is declared against what is there: servers by their BMCs; other people's inventories; adopting what is found."""
