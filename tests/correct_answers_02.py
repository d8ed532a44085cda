"""Right answers to the tasks of lesson 02, written in other ways than the reference."""

VARIANTS = {}
