"""The wires: how the services are spoken to over HTTP. Each folder is one wire and knows nothing of the others."""
