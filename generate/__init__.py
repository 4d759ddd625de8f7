"""Writes what follows from the code: Meltano's settings, the README's tables, the catalog."""
