"""The coverage table of the README, made from the ``requirement`` marks of the tests.

``python -m tests.requirements`` writes it anew; ``test_readme.py`` fails when it is stale.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- coverage: begin -->", "<!-- coverage: end -->"

SYSTEMS = {
    "L": ("Lottery fund accounts (CN114219463A)", 25),
    "P": ("Prepaid cards, insured one by one (CN111882316A)", 10),
    "W": ("Wealth accounts with offline top-up (CN105096188A)", 12),
    "V": ("Electronic vouchers (CN106709719A)", 13),
    "S": ("Supervision chain (CN115564429A)", 8),
    "D": ("The schema that joins them", 6),
}
"""Each system's letter, its name, and how many requirements it has."""


def marked() -> dict[str, set[str]]:
    """Return requirement ids with the test files that prove them."""
    proofs: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement":
                for argument in node.args:
                    requirement = str(ast.literal_eval(argument))
                    proofs.setdefault(requirement, set()).add(path.relative_to(ROOT).as_posix())
    return proofs


def table() -> str:
    """Return the table in Markdown."""
    proofs = marked()
    rows = ["| system | proved by a test | to come |", "|---|---|---|"]
    for letter, (name, count) in SYSTEMS.items():
        ids = [f"{letter}{number}" for number in range(1, count + 1)]
        proved = [f"[{i}]({min(proofs[i])})" for i in ids if i in proofs]
        to_come = [i for i in ids if i not in proofs]
        rows.append(f"| {name} | {' '.join(proved) or '–'} | {' '.join(to_come) or '–'} |")
    return "\n".join(rows)


def with_table(readme: str) -> str:
    """Return the README with its table made anew."""
    block = f"{BEGIN}\n{table()}\n{END}"
    return re.sub(f"{BEGIN}.*?{END}", lambda _: block, readme, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
