"""What the demo answers to who asks: documents in the shape that the commands print, as plain JSON."""
