"""Check a tenant's API, and report what was found without any data about people."""
