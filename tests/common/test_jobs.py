"""Work in several processes: in order, with errors passed on and deaths named."""

from __future__ import annotations

import os
import signal
import time

import pytest

from asntools.common.jobs import WorkerDied, in_order


def backwards(piece):
    time.sleep(0.02 * (piece % 4 == 0))
    return piece, os.getpid()


def test_results_come_in_the_order_of_the_pieces_from_several_processes():
    results = list(in_order(backwards, range(40), 3))
    assert [piece for piece, _ in results] == list(range(40))
    workers = {worker for _, worker in results}
    assert len(workers) == 3
    assert os.getpid() not in workers


@pytest.mark.parametrize("pieces", [[], [1]])
def test_fewer_pieces_than_processes(pieces):
    assert [piece for piece, _ in in_order(backwards, pieces, 2)] == pieces


def test_pieces_are_read_only_as_far_ahead_as_there_is_work():
    read = []

    def pieces():
        for piece in range(1000):
            read.append(piece)
            yield piece

    results = in_order(backwards, pieces(), 2)
    assert next(results)[0] == 0
    assert len(read) <= 2 * 4 + 1
    results.close()


def test_what_work_raises_is_raised_with_where():
    with pytest.raises(ZeroDivisionError) as raised:
        list(in_order(lambda piece: 1 / piece, [1, 2, 0, 3], 2))
    assert "lambda" in raised.value.__notes__[0]


def die(piece):
    if piece == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if piece == 12:
        os._exit(3)
    return piece


@pytest.mark.parametrize(
    ("piece", "how"), [(2, "killed by SIGKILL"), (12, "ended with status 3")], ids=["killed", "ended"]
)
def test_a_process_that_dies_is_named_by_its_piece(piece, how):
    results = in_order(die, range(piece - 1, 40), 2)
    assert next(results) == piece - 1
    with pytest.raises(WorkerDied) as died:
        list(results)
    assert (died.value.piece, died.value.how) == (piece, how)
