"""What is known about a submission: marks and grades in memory, their files, and text that is safe to show."""
