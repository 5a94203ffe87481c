"""What ships in the box, entered by the same door as a stranger's plugin: entry points, never imports by name."""
