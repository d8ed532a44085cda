"""Mark the notebooks of many students, without trusting any of them.

The order of events, and where each is written down:

    read.py        a submission is found; notebooks.py and archives.py read it as data → `Submission`
    sandbox/       a process that can reach nothing
    worker.py      what runs in it: the student's cells (cells.py), and then calls of their functions
    pipe.py        the only way in and out: length-framed messages of numbers and words
    asking.py      the parent asks by name, and begins anew when a cell has ended the worker
    marking.py     it compares and marks                                               → `Grade`
    work.py        one submission to its end, in a process of pool.py
    journal.py     every mark on disk as soon as it is known; results.py and digests.py say which may be kept
    publish.py     what comes out: exports.py and byhand.py make tables; pages.py, charts.py and markup.py pages
    similarity.py  answers that look alike, compared by alike.py
    run.py         all of it, for a folder of submissions, with checks of an instructor's own from extra.py
    commands.py    grade, report, doctor, similarity

The checks are those of `mlcourse.checks`: a student's notebook and the grader hold answers to one specification.
Expected values, references and mistakes never leave the parent.
"""
