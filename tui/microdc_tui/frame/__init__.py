"""What frames every screen: the status line's text, the help, the palette, the terminal."""
