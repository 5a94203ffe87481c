"""What the server tells of its own routes: an OpenAPI document and a page to read it on."""
