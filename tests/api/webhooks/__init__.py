"""What webhooks tell, to real web servers."""
