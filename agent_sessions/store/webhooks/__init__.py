"""What webhooks have yet to tell."""
