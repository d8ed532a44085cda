"""Read submissions as data: find them in folders and zips, and parse notebooks without running anything."""
