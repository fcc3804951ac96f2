"""Scores the fact extractor: python -m bench.facts messages.jsonl catalogue.json [--questions] [--errors]."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hub.facts import Catalogue, parse_catalogue, read_asks
from hub.facts.report import understand

Pair = tuple[str, object]


@dataclass
class Score:
    """Counts of right, wrong and missing (key, value) pairs."""

    right: int = 0
    wrong: int = 0
    missing: int = 0
    by: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, groups: Iterable[str], outcome: str) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)
        for group in groups:
            self.by.setdefault(group, Counter())[outcome] += 1


def measure(right: int, wrong: int, missing: int) -> tuple[float, float, float]:
    """Precision, recall, F1; 1.0 where there is nothing to find."""
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missing) if right + missing else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def list_pairs(facts: dict[str, Any]) -> set[Pair]:
    return {(key, one) for key, value in facts.items() for one in (value if isinstance(value, list) else [value])}


def list_message_pairs(row: dict[str, Any], catalogue: Catalogue) -> tuple[set[Pair], set[Pair]]:
    return list_pairs(row["facts"]), list_pairs(understand(row, catalogue)["facts"])


def list_question_pairs(row: dict[str, Any], catalogue: Catalogue) -> tuple[set[Pair], set[Pair]]:
    return {(key, "asked") for key in row["asks"]}, {(key, "asked") for key in read_asks(row["text"], catalogue)}


def list_outcomes(expected: set[Pair], found: set[Pair]) -> Iterator[tuple[Pair, str]]:
    for pair in sorted(expected | found, key=str):
        yield pair, "right" if pair in expected & found else "wrong" if pair in found else "missing"


def score(
    rows: Iterable[dict[str, Any]], compare: Callable[[dict[str, Any]], tuple[set[Pair], set[Pair]]], show: bool
) -> Score:
    total = Score()
    for row in rows:
        for pair, outcome in list_outcomes(*compare(row)):
            total.add((row["lang"], pair[0]), outcome)
            if show and outcome != "right":
                print(f"{row['id']:<16} {outcome:<8} {pair[0]}: {pair[1]}")
    return total


def to_line(name: str, counts: tuple[int, int, int]) -> str:
    precision, recall, f1 = measure(*counts)
    figures = f"precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}"
    return f"{name:<18} {figures}  (right {counts[0]}, wrong {counts[1]}, missing {counts[2]})"


def print_score(total: Score) -> None:
    print(to_line("total", (total.right, total.wrong, total.missing)))
    for group, counts in sorted(total.by.items()):
        print(to_line(group, (counts["right"], counts["wrong"], counts["missing"])))


def load_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def load_catalogue(path: Path) -> Catalogue:
    return parse_catalogue(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--questions", action="store_true", help="rows are questions with asks")
    parser.add_argument("--errors", action="store_true", help="list every wrong and missing pair")
    options = parser.parse_args(arguments)
    rows, catalogue = load_rows(options.rows), load_catalogue(options.catalogue)
    compare = list_question_pairs if options.questions else list_message_pairs
    for row in rows[:10]:
        compare(row, catalogue)  # compiles vocabulary and catalogue
    started = time.process_time()
    total = score(rows, lambda row: compare(row, catalogue), options.errors)
    print_score(total)
    print(f"{len(rows) / (time.process_time() - started):.0f} a second on one core")


if __name__ == "__main__":
    main(sys.argv[1:])
