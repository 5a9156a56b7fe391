"""The command line: one file per noun. Nothing here decides; it calls the rooms and renders what they return."""
