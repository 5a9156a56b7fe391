"""What the screens of racks, servers and switches show, worked out from values alone: no widget, no terminal."""
