"""What an instructor decides for a class: who belongs to it, when work is due, what lateness costs; and the book.

settings.py    gradebook.toml → `Gradebook`
example.py     the files that `mlcourse grade --init` writes
class_list.py  class.csv → `ClassList`, which finds the student that a submission belongs to
late.py        how late a submission is, and what that costs
book.py        everybody's grades in all lessons: `Book`
"""
