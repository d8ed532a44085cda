"""Mark the notebooks of many students, without trusting any of them.

What happens, in order, and where the code for it is:

    read.py             find the submissions (find.py, files.py), and read them as data (notebooks.py, archives.py)
                                                                                       → `Submission`
    sandbox/            start a process that can reach nothing outside
    worker.py           run in it: the student's cells (cells.py), and then calls of their functions
    pipe.py             the only way in and out: length-prefixed messages of JSON and arrays
    notebook_runner.py  get answers by name, and restart the worker if a cell has killed it
    marking.py          ask the answers about random cases, and judge the outcomes     → `Grade`
    work.py             one submission from start to finish, in a process of pool.py
    journal.py          log every mark as soon as it is known; results.py and digests.py decide which can be kept
    publish.py          the output: exports.py and byhand.py write tables; pages.py, charts.py and markup.py pages
    similarity.py       answers that look alike, compared by alike.py
    run.py              all of this for a folder of submissions
    commands.py         the commands grade, report, doctor and similarity

The judge is `mlcourse.checks.examine`, the same as in the students' notebooks. The tasks are those of a
`mlcourse.course_folder.Course`: this course or another one, and an instructor's own. Expected values, references and
known mistakes never leave the parent process.
"""
