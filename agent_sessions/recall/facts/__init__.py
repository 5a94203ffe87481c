"""Facts about a user: drafted from what they say, read as slots and values, filed under categories."""
