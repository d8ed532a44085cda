"""How rows are stored: one module for each format, which cuts what it finds into blocks and says how to read one."""

from mlcourse.scale.formats.recipe import Found, Recipe, UnreadableRows
from mlcourse.scale.formats.which import find_rows, has_names, is_beyond_memory

__all__ = ["Found", "Recipe", "UnreadableRows", "find_rows", "has_names", "is_beyond_memory"]
