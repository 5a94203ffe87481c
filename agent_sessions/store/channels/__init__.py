"""Channels with their participants, and messages found and taken out again."""
