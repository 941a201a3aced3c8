"""The documentation's pages: every example runs, every figure and file that they name is there."""

import re
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import hierfeat as hf
from hierfeat.cli._catalogue import analyses

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MADE = {"_build", "_scripts", "gallery", "api", "findings.md", "support.md"}
PAGES = sorted(path for path in DOCS.rglob("*.md") if not MADE & set(path.parts))
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [path for path in PAGES if _BLOCK.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(DOCS)))
def test_the_examples_of_a_page_run_from_top_to_bottom(path, tmp_path, monkeypatch, capsys):
    """In an empty folder; each line that stands alone is evaluated as in a notebook."""
    monkeypatch.chdir(tmp_path)
    text = path.read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "page"}
    for block in _BLOCK.finditer(text):
        line = text[: block.start()].count("\n") + 1
        code = compile("\n" * line + block[1], str(path), "exec")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exec(code, names)
    plt.close("all")


def test_all_examples_are_run_or_marked():
    """A block of Python that is not run says so by its class."""
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert text.count("```python") == len(_BLOCK.findall(text)), path
        assert text.count("{code-block} python") == text.count(":class: not-run"), path


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_links_within_the_project_lead_somewhere(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if target.startswith("http") or any(name in target for name in MADE):
            continue  # those are made by Sphinx, which refuses links that lead nowhere
        assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("path", sorted((ROOT / "analyses").glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_every_script_has_a_page_with_its_figures(path, monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    from scripts import converted

    text = converted(path)
    compile(text, str(path), "exec")
    figures = {one.name for one in (ROOT / "figures" / path.stem).glob("*.png")}
    shown = set(re.findall(rf"figures/{path.stem}/(\S+\.png)\n", text))
    assert figures <= shown
    assert re.match(r'r"""\n.+\n=+\n', text)
    assert "sphinx_gallery_thumbnail_path" in text


def test_every_analysis_is_named_where_numbers_are_defined():
    text = (DOCS / "numbers.md").read_text(encoding="utf-8")
    assert [name for name in analyses() if f"`{name}`" not in text] == []


def test_every_index_on_arrays_is_named_where_numbers_are_defined():
    text = (DOCS / "numbers.md").read_text(encoding="utf-8")
    assert [name for name in hf.indices.__all__ if not re.search(rf"`(indices\.)?{name}`", text)] == []


def test_every_number_names_tests_that_exist():
    """The last cell of each row says what it is tested against, and where."""
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    text = (DOCS / "numbers.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| number ")]
    assert len(rows) > 50
    for row in rows:
        cells = re.split(r" (?<!\\)\| ", row.removeprefix("| ").removesuffix(" |"))
        assert len(cells) == 4, row
        named = re.findall(r"`(test_\w+)`", cells[-1])
        assert named, f"{cells[0]}: no test"
        assert [name for name in named if name not in there] == [], cells[0]


def test_the_support_matrix_is_a_page_with_or_without_its_table(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    import matrix

    table, page = tmp_path / "support.csv", tmp_path / "support.md"
    matrix.write(table, page)
    assert "not in this checkout" in page.read_text(encoding="utf-8")
    table.write_text("network,record,filters\nplain,yes,yes\nint8,no | floats,no | floats\n", encoding="utf-8")
    matrix.write(table, page)
    text = page.read_text(encoding="utf-8")
    assert "| plain | 2 of 2 | – |" in text
    assert "| int8 | 0 of 2 | all |" in text
    assert r"| no \| floats | int8: record, and 1 more |" in text
