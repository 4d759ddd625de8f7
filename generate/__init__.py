"""Writes what follows from the code: Meltano's settings, the documents' tables, the catalog."""
