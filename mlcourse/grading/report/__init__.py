"""Pages and tables for instructors and students, made from the results on disk."""
