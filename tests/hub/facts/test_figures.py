"""How well the reader does on messages written apart from it, and how fast."""

import pytest

from bench.facts import list_message_pairs, list_question_pairs, measure, score

FLOOR_PRECISION, FLOOR_F1, FLOOR_QUESTIONS = 0.97, 0.95, 0.95


@pytest.mark.parametrize("name", ["messages.jsonl", "messages_held_out.jsonl"])
def test_messages_are_read_well(rows, catalogue, name):
    total = score(rows(name), lambda row: list_message_pairs(row, catalogue), show=False)
    precision, _, f1 = measure(total.right, total.wrong, total.missing)
    assert (precision >= FLOOR_PRECISION, f1 >= FLOOR_F1) == (True, True)


@pytest.mark.parametrize("name", ["questions.jsonl", "questions_held_out.jsonl"])
def test_questions_are_read_well(rows, catalogue, name):
    total = score(rows(name), lambda row: list_question_pairs(row, catalogue), show=False)
    assert measure(total.right, total.wrong, total.missing)[2] >= FLOOR_QUESTIONS


def test_measure_counts_right_wrong_and_missing():
    assert measure(3, 1, 1) == (0.75, 0.75, 0.75)
    assert measure(0, 0, 0) == (1.0, 1.0, 1.0)
