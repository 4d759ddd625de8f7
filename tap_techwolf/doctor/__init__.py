"""The doctor: what a real tenant's API does, told without telling anything about people."""
