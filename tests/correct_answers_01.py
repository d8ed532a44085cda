"""Right answers to the tasks of lesson 01, written in other ways than the reference."""

VARIANTS = {}
