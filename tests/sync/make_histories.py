"""Writes random histories with what brute force expects of them, for any language to compare its merge with.

    python tests/sync/make_histories.py --seed 7 --count 2000 OUT.json
    python tests/sync/make_histories.py --traces tests/vectors/sync/histories.json

The second form writes the named traces (traces.py); their heads are given by hand there and checked here.
"""

import argparse
import json
import sys
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.sync.brute import expected, random_history
from tests.sync.traces import TRACES


def random_histories(seed: int, count: int) -> dict:
    random = Random(seed)
    histories = []
    for number in range(count):
        history = random_history(random)
        histories.append({**history, "name": f"random-{seed}-{number}", "expect": expected(history)})
    return {"format": 1, "histories": histories}


def traces() -> dict:
    histories = []
    for trace in TRACES:
        history = {name: trace[name] for name in ("name", "why", "operations", "admitted")}
        expect = expected(history)
        for visit, registers in trace["heads"].items():
            found = {
                name: (register["heads"], register["state"]) for name, register in expect[visit]["registers"].items()
            }
            assert found == registers, (trace["name"], found)
        histories.append({**history, "expect": expect})
    return {"format": 1, "histories": histories}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--traces", action="store_true")
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    made = traces() if chosen.traces else random_histories(chosen.seed, chosen.count)
    lines = ",\n".join(json.dumps(history, ensure_ascii=False) for history in made["histories"])
    chosen.out.write_text(f'{{"format": 1, "histories": [\n{lines}\n]}}\n', "utf-8")


if __name__ == "__main__":
    main()
