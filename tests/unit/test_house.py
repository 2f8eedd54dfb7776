"""The order of the house: what imports what, how long a module is, and where transactions end."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 300
COMMIT = {
    "services/registration": {"commands.py", "web/idempotency.py", "web/transaction.py"},
    "services/calendar": {"inbound/imap.py", "inbound/maildir.py", "inbound/post.py"},
    "services/notifications": set(),
    "shared": {
        "database/migrations.py",
        "database/session.py",
        "messaging/queue.py",
        "messaging/receiving.py",
        "runtime/clock.py",
        "runtime/commands.py",
    },
}
"""The modules that end transactions: of requests, messages, jobs and commands."""
BORROW_FROM_THEMSELVES = ("bench", "chaos")


def modules() -> Iterator[Path]:
    """The product's modules, without the migrations, which stay as they were."""
    for top in ("services", "shared"):
        yield from (path for path in (ROOT / top).rglob("*.py") if "migrations" not in path.parts)


def test_no_modules_import_each_other_in_a_circle_even_for_their_types() -> None:
    graph = grimp.build_graph("services", "shared", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" < ".join(error.args[1]))


def test_no_module_is_long() -> None:
    tests = (path for path in (ROOT / "tests").rglob("*.py") if "vendor" not in path.parts)
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in [*modules(), *tests]}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_shared_module_has_a_package() -> None:
    assert [path.name for path in (ROOT / "shared").glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("package", COMMIT)
def test_transactions_end_where_requests_messages_and_jobs_do(package: str) -> None:
    folder = ROOT / package
    found = {
        str(path.relative_to(folder)) for path in modules() if folder in path.parents and ".commit(" in path.read_text()
    }
    assert found == COMMIT[package]


def test_tests_share_only_what_is_in_support() -> None:
    borrowed = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "tests").rglob("*.py")
        for name in imported_by(path)
        if name.startswith("tests.") and not may_import(path.relative_to(ROOT / "tests").parts[0], name)
    }
    assert borrowed == set()


def may_import(folder: str, name: str) -> bool:
    """True where a test in this folder of tests/ may import the module."""
    allowed = ["tests.support", *(f"tests.{own}" for own in BORROW_FROM_THEMSELVES if own == folder)]
    return any(name.startswith(one) for one in allowed) and ".test_" not in name


def imported_by(path: Path) -> Iterator[str]:
    """The names of the modules that a file imports, and of what it imports from them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports by a relative name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
