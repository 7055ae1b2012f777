"""The examples of both READMEs, docs/notebook.md and the docstrings, run as they are written."""

from __future__ import annotations

import doctest
import re

import pytest
import zeronas
from conftest import ROOT


def examples(document: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)


def test_the_notebooks_examples_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = examples("docs/notebook.md")
    assert len(blocks) == 8
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/notebook.md", "exec"), names)


def test_the_readmes_example_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    [block] = [block for block in examples("README.md") if "import zeronas" in block]
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert len(names["scores"]) == 600


def test_the_example_of_the_packages_readme_runs() -> None:
    [block] = examples("python/README.md")
    names: dict[str, object] = {}
    exec(compile(block, "python/README.md", "exec"), names)
    assert len(names["scores"]) == 400


@pytest.mark.parametrize("module", [zeronas, zeronas._spaces, zeronas._proxies])
def test_the_docstrings_examples_run(module) -> None:
    found = doctest.testmod(module)
    assert found.attempted and not found.failed
