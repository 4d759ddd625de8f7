"""Real warehouses, loaded through Meltano or a pipe."""
