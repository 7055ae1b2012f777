"""Searches and reports from Python."""

from __future__ import annotations

import pytest
import zeronas


def test_a_report_on_scores_shows_itself(tmp_path) -> None:
    mini = zeronas.BenchmarkTable("zeronas-mini")
    space = zeronas.space("nats-tss", channels=4, cells=1)
    scores = zeronas.score(space, mini.archs()[:60], proxies=["synflow", "params"], batch_size=4)
    report = zeronas.report(scores, "zeronas-mini", target="test_accuracy", bootstrap=50, out=tmp_path / "report")
    assert "synflow" in report.text and repr(report) == report.text
    assert report._repr_html_().startswith("<iframe srcdoc=") and report.page.exists()
    assert report.table("summary").num_rows == 2
    with pytest.raises(ValueError, match="nothing"):
        zeronas.report(scores, "zeronas-mini", target="nothing")
    with pytest.raises(ValueError, match="colour=: a report has no such setting"):
        zeronas.report(scores, "zeronas-mini", colour="red")


def test_scores_become_a_page(tmp_path) -> None:
    space = zeronas.space("nats-tss", channels=4, cells=1)
    scores = zeronas.score(space, space.sample(20), proxies=["synflow", "params"], batch_size=4)
    view = zeronas.view(scores, out=tmp_path / "view")
    assert view.page.exists() and "20 architectures by 2 proxies" in view.page.read_text()
    assert view._repr_html_().startswith("<iframe srcdoc=")
    with pytest.raises(ValueError, match="colour=: a page of scores has no such setting"):
        zeronas.view(scores, colour="red")


def test_a_search_tells_what_it_found(tmp_path) -> None:
    words = {"strategy": "rea", "evaluate": "proxy:params", "budget": {"evaluations": 20}, "seed": 3}
    found = zeronas.search(out=tmp_path / "found", **words)
    assert "rea" in found.text and found._repr_html_().startswith("<iframe")
    history = found.table("history")
    assert history.num_rows == 20
    again = zeronas.search(**words, threads=2).table("history")
    assert again["arch"] == history["arch"]
    with pytest.raises(ValueError, match="finished search"):
        zeronas.search(out=tmp_path / "found", **words)
    zeronas.search(out=tmp_path / "found", resume=True, **words)
    with pytest.raises(ValueError, match="budget=: is empty"):
        zeronas.search(strategy="rea", evaluate="proxy:params")
