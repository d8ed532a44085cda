"""Mark the notebooks of many students, without trusting any of them.

A folder for each part, in the order of what happens. Imports run from the bottom of this list to the top:

    records/    what is known about a submission, in memory and on disk: `Submission`, `Mark`, `Grade`, the journal
    inside/     all that exists inside the sandbox: it confines itself, runs cells, and calls what they define
    sandbox/    start such a process so that it can reach nothing outside, and watch it
    intake/     find submissions, and read them as data                            → `Submission`
    judge/      ask the answers about random cases, where their checks stand, and judge the outcomes  → `Grade`
    gradebook/  whose a submission is, when it was due, what lateness costs; everybody's grades in all lessons
    report/     pages, tables, feedback, points given by hand, requests to mark again, answers that look alike
    desk/       marking open answers in the browser
    batch/      all of this for a folder of submissions, in several processes or on several machines
    commands.py the commands grade, mark, report, doctor and similarity

`inside/` is all that a sandbox can see of this package. A mark depends on `inside/`, `sandbox/`, `intake/` and
`judge/`, and on no other folder.

The judge is `mlcourse.checks.examine`, the same as in the students' notebooks. The tasks are those of a
`mlcourse.course_folder.Course`: this course or another one, and an instructor's own. Expected values, references and
known mistakes never leave the parent process.
"""
