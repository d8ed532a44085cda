"""Marking open answers in the browser, and overruling checks: `mlcourse mark OUT`.

One answer at a time, with its rubric, in a page on this machine that nobody else can open. What is entered goes into
`OUT/by_hand.csv` at once, the same table that a spreadsheet can edit (`mlcourse.grading.report.byhand`).

    items.py    what can be marked, and the texts to show with it
    rubrics.py  rubrics and sample answers from docs/open_questions.md
    store.py    entries in the table, while other programs may be writing it
    view.py     what the page shows: which answers, in which order, and how many are marked
    server.py   the requests that a browser may make
    run.py      start the server, open the browser, end with Ctrl-C
"""
