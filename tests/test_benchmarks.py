"""The benchmark's rows and its table."""

import re

import pytest


@pytest.fixture
def bench(monkeypatch):
    """The benchmark's module; what it sets in the environment goes with the test."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    from benchmarks import em

    monkeypatch.setattr(em.timing, "PAUSE", em.timing.PAUSE)
    monkeypatch.setattr(em.timing, "CALLS", em.timing.CALLS)
    return em


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_chosen_row_is_timed_for_both(bench, capsys):
    assert bench.main(["--quick", "--only", "em-growth-1"]) == 0
    (row,) = re.findall(r"^\| EM, 1000 × 8.*$", capsys.readouterr().out, re.MULTILINE)
    assert re.search(r"\d\.\d{3} s \|\s+\d+\.\d{3} s ×\d+\.\d\d \|", row)


def test_an_unknown_row_is_named(bench, capsys):
    assert bench.main(["--only", "svm"]) == 2
    assert "no row is called svm; choose from pca," in capsys.readouterr().err


def test_names_of_rows_are_unique(bench, capsys):
    bench.main(["--list"])
    names = capsys.readouterr().out.split()
    assert len(set(names)) == len(names) == len(bench.ROWS)


def test_every_peers_task_has_a_column(bench):
    X = bench.np.eye(4)
    peers = bench.peers
    tasks = (
        peers.pca(X, 0.9)
        | peers.kmeans_from(X, X[:2], 1)
        | peers.kmeans_whole(X, 2)
        | peers.em(X, 2, "full", 1)
    )
    assert set(tasks) == set(peers.MODULES)
    assert peers.em(X, 2, "tied", 1) == {}
