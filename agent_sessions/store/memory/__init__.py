"""Users, their memories and what was said, kept in either database by the same statements and procedures."""
