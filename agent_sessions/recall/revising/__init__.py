"""What a new fact does to the known ones: adds to, replaces or contradicts them, or stands beside them."""
