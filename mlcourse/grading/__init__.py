"""Mark the notebooks of many students, without trusting any of them.

What happens, in order, and where the code for it is:

    read.py             find the submissions; notebooks.py and archives.py read them as data → `Submission`
    sandbox/            start a process that can reach nothing outside
    worker.py           run in it: the student's cells (cells.py), and then calls of their functions
    pipe.py             the only way in and out: length-prefixed messages of JSON and arrays
    notebook_runner.py  get answers by name, and restart the worker if a cell has killed it
    marking.py          compare the answers and mark them                              → `Grade`
    work.py             one submission from start to finish, in a process of pool.py
    journal.py          log every mark as soon as it is known; results.py and digests.py decide which can be kept
    publish.py          the output: exports.py and byhand.py write tables; pages.py, charts.py and markup.py pages
    similarity.py       answers that look alike, compared by alike.py
    run.py              all of this for a folder of submissions, including an instructor's own checks (extra.py)
    commands.py         the commands grade, report, doctor and similarity

The checks are those of `mlcourse.checks`: the student's notebook and the grader apply the same specification.
Expected values, references and known mistakes never leave the parent process.
"""
