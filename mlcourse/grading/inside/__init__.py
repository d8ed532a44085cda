"""All that exists inside a sandbox. Nothing here knows an expected value, a reference or a seed."""
