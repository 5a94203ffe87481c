"""What the server tells of its routes, and whether it is so."""
