"""Mark a folder of submissions in several processes, and resume where an earlier run has stopped."""
