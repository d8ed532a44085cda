"""Right answers to the tasks of lesson 03, written in other ways than the reference."""

VARIANTS = {}
