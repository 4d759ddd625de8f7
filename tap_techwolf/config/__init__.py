"""What users set: the settings, where they come from, and whether they are valid."""
