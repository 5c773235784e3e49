from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bhm_columnar import analyse, simulate_dumps
from bhm_columnar.calibration.store import load_table, save_calibration
from bhm_columnar.cli import main
from bhm_columnar.errors import InputError
from bhm_columnar.report.finished import load_finished
from bhm_columnar.report.notices import find_notices, find_verdict
from bhm_columnar.report.page import write_report

HOSTILE = '<script>alert("x")</script>'


class Page(HTMLParser):
    """What a page is made of: start tags with their attributes, and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def out(analysed: Path, tmp_path: Path) -> Path:
    """Return a copy of the analysed toy dumps, to be changed."""
    return Path(shutil.copytree(analysed, tmp_path / "out"))


def _change(path: Path, **content: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **content}))


def _read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_the_top_answers_what_a_shifter_asks(out: Path) -> None:
    summary = json.loads((out / "summary.json").read_text())
    text = _read(write_report(out)).text
    top = text[text.index("BHM report") : text.index("Numbers of each side")]
    assert "runs 380000–380002" in top
    assert "Simulation Preliminary" in top
    for side in summary["sides"].values():
        assert f"{side['regions']['SR']:,} beam-halo pulses" in top


def test_a_page_needs_nothing_else(out: Path) -> None:
    path = write_report(out)
    html = path.read_text(encoding="utf-8")
    page = Page(html)
    assert path.stat().st_size < 5_000_000
    sources = [one.get("src") or one.get("href") or "" for _, one in page.tags]
    assert all(source.startswith(("#", "data:")) for source in sources if source)
    assert not re.search(r"https?://|@import|url\(", html)
    policy = next(
        one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert not [name for _, one in page.tags for name in one if name.startswith("on")]


def test_a_page_can_be_read_without_eyes_and_mouse(out: Path) -> None:
    page = _read(write_report(out))
    assert page.all("html") == [{"lang": "en"}]
    assert {tag for tag, _ in page.tags} >= {"main", "nav", "header", "footer"}
    assert all(
        one.get("alt") for one in page.all("img") if not (one.get("src") or "").startswith("data:image/gif")
    )
    assert all(one.get("aria-label") for one in page.all("svg"))
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = Counter(one["id"] for _, one in page.tags if one.get("id"))
    assert ids.most_common(1)[0][1] == 1
    targets = {one["href"] for one in page.all("a")}
    assert targets <= {f"#{name}" for name in ids}


def test_every_channel_has_a_panel_and_a_unit_on_the_map(out: Path) -> None:
    page = _read(write_report(out))
    assert len([one for one in page.all("section") if one.get("class") == "panel"]) == 40
    assert len([one for one in page.all("a") if one.get("data-channel")]) == 40
    assert len([one for one in page.all("svg") if one.get("class") == "plot"]) == 80
    assert len(page.all("figure")) > 80


def test_hostile_texts_stay_texts(out: Path) -> None:
    conditions = json.loads((out / "summary.json").read_text())["conditions"] | {"problems": [HOSTILE]}
    flag = {"level": "BAD", "side": "+Z", "channel": "PN03", "flag": HOSTILE, "text": HOSTILE}
    _change(
        out / "summary.json",
        ignored_files={HOSTILE: HOSTILE},
        conditions=conditions,
        command=HOSTILE,
        quality={"status": HOSTILE, "flags": [flag]},
    )
    _change(out / "calibration.json", name=HOSTILE, flags={"PN03": HOSTILE})
    (out / "figures" / "<script>alert(1)<_script>.png").write_bytes(b"no picture")
    html = write_report(out).read_text(encoding="utf-8")
    page = Page(html)
    assert len(page.all("script")) == 1
    assert page.text.count(HOSTILE) >= 6
    assert "alert(1)" in page.text


def test_same_results_same_page(out: Path) -> None:
    assert write_report(out).read_bytes() == write_report(out).read_bytes()


def test_quality_is_shown_on_top_on_the_map_and_in_the_panel(out: Path) -> None:
    flag = {
        "level": "BAD",
        "side": "-Z",
        "channel": "MF04",
        "flag": "dead",
        "value": 0,
        "threshold": 3,
        "text": "MF04: no pulses, 61 expected",
    }
    _change(
        out / "summary.json", quality={"status": "BAD", "flags": [flag], "not_judged": [{}], "channels": {}}
    )
    page = _read(write_report(out))
    assert "1 flag; 1 check could not be judged." in page.text
    assert page.text.count("MF04: no pulses, 61 expected") == 2
    flagged = [one for one in page.all("a") if one.get("class") == "unit BAD"]
    assert [one["data-channel"] for one in flagged] == ["MF04"]


def test_without_a_check_that_is_said(out: Path) -> None:
    summary = json.loads((out / "summary.json").read_text())
    summary.pop("quality", None)
    assert find_verdict(summary).status == "not checked"
    (out / "summary.json").write_text(json.dumps(summary))
    assert "Data quality has not been checked." in _read(write_report(out)).text


def test_fits_have_columns_and_stand_in_the_panels(out: Path) -> None:
    calibration = json.loads((out / "calibration.json").read_text())
    for numbers in calibration["channels"].values():
        numbers.pop("fit", None)
    calibration["channels"]["PN01"]["fit"] = {
        "tdc": {"position": 6.25, "position_error": 0.05, "flag": "", "yield": None},
        "purity": 0.97,
        "purity_error": 0.01,
    }
    (out / "calibration.json").write_text(json.dumps(calibration))
    text = _read(write_report(out)).text
    assert text.count("fit: tdc position") == 2
    assert text.count("6.250 ± 0.050") == 2
    assert text.count("0.970 ± 0.010") == 2


def test_what_is_odd_is_said(out: Path) -> None:
    summary = json.loads((out / "summary.json").read_text())
    side = summary["sides"]["+Z"]
    side["read"] |= {
        "headers": 3010,
        "events": 3000,
        "skipped": {"bad_header": 10},
        "first_bad": {"file": "uHTR4.txt", "line": 7, "reason": "bad_header"},
    }
    side["order"]["duplicates"] = 4
    side["assumed"] = True
    (out / "summary.json").write_text(json.dumps(summary))
    texts = [one.text for one in find_notices(load_finished(out))]
    assert "+Z: 10 of 3,010 events are left out, first at uHTR4.txt:7 (bad_header)" in texts
    assert "+Z: 4 event(s) are there twice" in texts
    assert "bad header" in _read(write_report(out)).text


def test_conditions_are_told(filled: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(filled, tmp_path / "filled"))
    page = _read(write_report(out))
    assert "9068" in page.text
    assert "2023-08-23 12:00:00" in page.text
    assert "/pb" in page.text
    assert "No figures were drawn" in page.text


def test_a_reference_is_laid_over(out: Path, filled: Path) -> None:
    page = _read(write_report(out, reference=filled))
    curves = [one for one in page.all("path") if one.get("class") == "reference"]
    assert len(curves) == 2 * 80  # the curve, and its sample in the legend
    assert "A is this analysis, B is out, the reference" in page.text


def test_one_side(toy: Path, tmp_path: Path) -> None:
    analyse([toy / "uHTR11.txt"], tmp_path / "out", figures=False)
    page = _read(write_report(tmp_path / "out"))
    assert "only the -Z side (uHTR11) has data" in page.text
    assert len([one for one in page.all("svg") if one.get("class") == "map"]) == 1
    assert len([one for one in page.all("section") if one.get("class") == "panel"]) == 20


def test_no_halo_at_all(toy: Path, tmp_path: Path) -> None:
    table = load_table("v2")
    save_calibration(type(table)("high", table.tdc_peak, (255,) * 40), tmp_path / "high.json")
    analyse(toy, tmp_path / "out", figures=False, calibration=tmp_path / "high.json")
    page = _read(write_report(tmp_path / "out"))
    assert "+Z: there is no beam-halo pulse" in page.text
    assert page.text.count("no data") == 40  # the TDC plots


def test_hardly_any_events(tmp_path: Path) -> None:
    simulate_dumps(tmp_path / "toy", events=2, seed=1)
    analyse(tmp_path / "toy", tmp_path / "out", figures=False)
    text = _read(write_report(tmp_path / "out")).text
    assert "BHM report" in text
    assert not re.search(r"\bnan\b", text)


def test_a_page_is_written_whole_or_not_at_all(out: Path) -> None:
    path = write_report(out)
    before = path.read_bytes()
    (out / "calibration.json").write_text("{}")
    with pytest.raises(InputError, match="has no 'channels'"):
        write_report(out)
    assert path.read_bytes() == before


def test_bhm_report(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(out), "--reference", str(out)]) == 0
    assert f"report: {out}" in capsys.readouterr().out.replace("\n", "")
    assert (out / "report.html").exists()


def test_a_folder_without_analysis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 1
    assert "give a folder that `bhm analyse` wrote" in capsys.readouterr().err
