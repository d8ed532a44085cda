"""Mark a folder of submissions in several processes or on several machines, and resume where a run has stopped.

grade_folder.py   the whole run: read, mark, publish
submission.py     one submission, as the leading process sees it: what is known, what is written down
spool.py          submissions that wait, on disk
dispatch.py       hand them out to places that may break: `Place`, `Crew`
processes.py      places on this machine
cluster.py        places on other machines
assess.py         what is done there
digests.py        what a mark depends on
"""
