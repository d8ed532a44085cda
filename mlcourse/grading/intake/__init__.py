"""Read submissions as data: find them in folders and archives, and parse notebooks without running anything."""
