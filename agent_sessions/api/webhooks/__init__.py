"""Telling web servers of others what happens in sessions."""
