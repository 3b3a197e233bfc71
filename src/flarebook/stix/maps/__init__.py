"""Archive maps: files, names, client, preparation."""
