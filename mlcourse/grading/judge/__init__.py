"""Ask a submission's answers about random cases, and judge the outcomes."""
