"""The settings: what users can set, where the values are read from, and how they are validated."""
