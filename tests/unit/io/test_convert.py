from __future__ import annotations

import hashlib
import json
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from bhm_columnar import convert_dump, find_dumps, read_dump, read_events
from bhm_columnar.errors import DatasetError, DumpError, EventsFileError, OutputError
from bhm_columnar.io.assemble import branches_to_events, events_to_branches
from bhm_columnar.io.convert import ENDINGS, FORMATS, convert_folder, read_provenance
from bhm_columnar.io.report import Tolerance
from bhm_columnar.io.root import TTreeWriter


@pytest.fixture(params=FORMATS)
def target(request: pytest.FixtureRequest, toy: Path, tmp_path: Path) -> Path:
    path = tmp_path / f"plusZ{ENDINGS[request.param]}"
    convert_dump(toy / "uHTR4.txt", path, format=request.param, chunk_bytes=50_000)
    return path


def test_round_trip(target: Path, toy: Path) -> None:
    expected, _ = read_dump(toy / "uHTR4.txt")
    assert ak.array_equal(read_events(target), expected)


def test_provenance_says_what_went_in(target: Path, toy: Path) -> None:
    provenance = read_provenance(target)
    dump = toy / "uHTR4.txt"
    assert provenance.entries == 3000
    assert provenance.side.name == "+Z"
    (one,) = provenance.inputs
    assert (one.path, one.bytes) == (str(dump), dump.stat().st_size)
    assert one.sha256 == hashlib.sha256(dump.read_bytes()).hexdigest()
    assert provenance.read["events"] == 3000
    assert sum(span.events for span in provenance.runs.values()) == 3000


def test_same_dump_same_provenance(target: Path, toy: Path, tmp_path: Path) -> None:
    again = tmp_path / f"again{target.suffix}"
    convert_dump(toy / "uHTR4.txt", again, format="parquet" if target.suffix == ".parquet" else "ttree")
    assert read_provenance(again).to_json() == read_provenance(target).to_json()


def test_several_files_and_a_wrap(toy: Path, tmp_path: Path) -> None:
    text = (toy / "uHTR4.txt").read_text()
    (tmp_path / "uHTR4_9.txt").write_text(text.replace("ORB: ", "ORB: 429"))
    (tmp_path / "uHTR4_10.txt").write_text(text.replace("RUN: 38", "RUN: 39"))
    first = find_dumps(tmp_path)
    provenance = convert_dump(first.sides[0], tmp_path / "plusZ.root")
    assert [Path(one.path).name for one in provenance.inputs] == ["uHTR4_9.txt", "uHTR4_10.txt"]
    orbit = ak.to_numpy(read_events(tmp_path / "plusZ.root").orbit)
    assert provenance.order["orbit_wraps"] == 1
    assert provenance.order["unordered"] == provenance.order["duplicates"] == 0
    assert (np.diff(orbit) >= 0).all()
    assert orbit[-1] == 2**32 + read_dump(toy / "uHTR4.txt")[0].orbit[-1]


def test_existing_files_stay(target: Path, toy: Path) -> None:
    before = target.read_bytes()
    with pytest.raises(OutputError, match="exists already; give another name, or --overwrite"):
        convert_dump(toy / "uHTR4.txt", target)
    assert target.read_bytes() == before


def test_a_dump_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "uHTR4.txt").write_text("notes\n")
    with pytest.raises(DumpError, match="holds no event header"):
        convert_dump(tmp_path / "uHTR4.txt", tmp_path / "out" / "plusZ.root")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("repeat", [1, 3])
def test_not_one_good_event_is_an_error(tmp_path: Path, repeat: int) -> None:
    (tmp_path / "uHTR4.txt").write_text("--- START x\n" * repeat)
    message = (
        f"{repeat} of {repeat} events cannot be read, {repeat} of them for a header without its four numbers"
    )
    with pytest.raises(DumpError, match=message):
        convert_dump(tmp_path / "uHTR4.txt", tmp_path / "plusZ.root")


def damage(toy: Path, folder: Path, events: int) -> Path:
    """Toy dump with a letter in the first ADC line of so many events."""
    parts = (toy / "uHTR4.txt").read_text().split("--- START")
    broken = [part.replace("-\n", "-\nx", 1) if 0 < k <= events else part for k, part in enumerate(parts)]
    (folder / "uHTR4.txt").write_text("--- START".join(broken))
    return folder / "uHTR4.txt"


def test_too_many_bad_events_are_an_error_that_names_the_reason(toy: Path, tmp_path: Path) -> None:
    assert convert_dump(damage(toy, tmp_path, 30), tmp_path / "a.root").read["skipped"] == {
        "bad_character": 30
    }
    message = (
        r"31 of 3000 events cannot be read, 31 of them for a character .* \(bad_character, first in line 3\)"
    )
    with pytest.raises(DumpError, match=message):
        convert_dump(damage(toy, tmp_path, 31), tmp_path / "b.root")
    assert not (tmp_path / "b.root").exists()
    convert_dump(tmp_path / "uHTR4.txt", tmp_path / "b.root", tolerance=Tolerance(max_bad=0.02))


def test_strict_stops_at_the_first_bad_line(toy: Path, tmp_path: Path) -> None:
    path = damage(toy, tmp_path, 2)
    with pytest.raises(
        DumpError, match=r"uHTR4.txt:3: a character that is no digit .* \(bad_character\): 'x"
    ):
        convert_dump(path, tmp_path / "a.root", tolerance=Tolerance(strict=True))
    convert_dump(toy / "uHTR4.txt", tmp_path / "a.root", tolerance=Tolerance(strict=True))


def test_an_event_cut_off_by_the_end_is_excused(tmp_path: Path, toy: Path) -> None:
    text = (toy / "uHTR4.txt").read_text()
    (tmp_path / "uHTR4.txt").write_text(text[: text.index("EVT: 5,") + 90])
    provenance = convert_dump(tmp_path / "uHTR4.txt", tmp_path / "a.root")
    assert (provenance.entries, provenance.read["truncated"]) == (4, True)


def test_events_that_are_there_twice_are_counted(toy: Path, tmp_path: Path) -> None:
    text = (toy / "uHTR4.txt").read_text()
    head = text[: text.index("--- START EVT: 11,")]
    (tmp_path / "uHTR4_1.txt").write_text(text + head)
    order = convert_dump(tmp_path / "uHTR4_1.txt", tmp_path / "a.root").order
    assert (order["unordered"], order["duplicates"]) == (1, 10)
    assert order["first"]["unordered"] == {"run": 380000, "event": 1}
    first = text[: text.index("--- START EVT: 2,")]
    (tmp_path / "uHTR4_2.txt").write_text(first + text)
    order = convert_dump(tmp_path / "uHTR4_2.txt", tmp_path / "b.root").order
    assert (order["repeats"], order["duplicates"]) == (1, 1)


def test_sides_do_not_mix(toy: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="dumps of both sides cannot go into one file"):
        convert_dump([toy / "uHTR4.txt", toy / "uHTR11.txt"], tmp_path / "x.root")
    with pytest.raises(DatasetError, match="no dumps to convert"):
        convert_dump([], tmp_path / "x.root")


def test_progress_covers_every_byte(toy: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    convert_folder(find_dumps(toy), tmp_path, on_bytes=seen.append)
    assert sum(seen) == sum((toy / name).stat().st_size for name in ("uHTR4.txt", "uHTR11.txt"))


def test_missing_events_are_noticed(toy: Path, tmp_path: Path) -> None:
    path = tmp_path / "plusZ.root"
    convert_dump(toy / "uHTR4.txt", path)
    content = json.loads(read_provenance(path).to_json())
    content["entries"] += 1
    with uproot.open(path) as file:
        arrays = {name: file["Events"][name].array() for name in ("run", "event")}
    with uproot.recreate(path) as file:
        file["Events"] = arrays
        file["provenance"] = json.dumps(content)
    with pytest.raises(EventsFileError, match="holds 3000 events of 3001; it is damaged"):
        read_events(path)


def test_half_a_file_is_noticed(target: Path) -> None:
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    with pytest.raises(EventsFileError, match=r"is shorter than the|cannot be read as a Parquet file"):
        read_events(target)


@pytest.mark.parametrize("name", ["notes.root", "notes.parquet"])
def test_what_is_not_ours(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("notes")
    with pytest.raises(EventsFileError, match="cannot be read as a"):
        read_provenance(path)


def test_a_root_file_without_events(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "x.root") as file:
        file["Events"] = {"x": np.arange(3)}
    with pytest.raises(EventsFileError, match="holds no BHM events with provenance"):
        read_provenance(tmp_path / "x.root")
    with uproot.recreate(tmp_path / "x.root") as file:
        file["Events"] = {"x": np.arange(3)}
        file["provenance"] = "{}"
    with pytest.raises(EventsFileError, match="its provenance cannot be read"):
        read_provenance(tmp_path / "x.root")


def test_what_a_side_covers_is_known_by_dump_and_capture(toy: Path, tmp_path: Path) -> None:
    """A second capture in the same dump begins a stretch of its own; runs go on through both."""
    blocks = (toy / "uHTR4.txt").read_bytes().split(b"--- START")
    events = [blocks[0] + b"--- START" + blocks[1], *(b"--- START" + one for one in blocks[2:])]
    first, gap = events[:400], 500
    second = [
        one.replace(b"EVT: %d," % (gap + 1 + k), b"EVT: %d," % (1 + k), 1)
        for k, one in enumerate(events[gap:900])
    ]
    (tmp_path / "uHTR4_1.txt").write_bytes(b"".join(first + second))
    (tmp_path / "uHTR4_2.txt").write_bytes(b"".join(events[1000:]))
    made = convert_dump([tmp_path / "uHTR4_1.txt", tmp_path / "uHTR4_2.txt"], tmp_path / "x.root")
    assert made.order["captures"] == 1
    assert [sum(span.events for span in spans.values()) for spans in made.coverage] == [400, 400, 2000]
    ends = [max(span.last_orbit for span in spans.values()) for spans in made.coverage]
    begins = [min(span.first_orbit for span in spans.values()) for spans in made.coverage]
    assert all(begin > end for begin, end in zip(begins[1:], ends[:-1], strict=True))
    assert read_provenance(tmp_path / "x.root").coverage == made.coverage


@pytest.mark.parametrize("fails_at", [1, 3])
def test_what_fails_in_writing_is_said(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    calls = []

    def extend(_: TTreeWriter, branches: dict[str, object]) -> None:
        calls.append(branches)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(TTreeWriter, "extend", extend)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)"):
        convert_dump(toy / "uHTR4.txt", tmp_path / "plusZ.root", chunk_bytes=50_000)
    assert len(calls) == fails_at
    assert list(tmp_path.iterdir()) == []


def test_branches_of_selected_events(toy: Path) -> None:
    events, _ = read_dump(toy / "uHTR4.txt")
    chosen = events[events.bx % 3 == 0]
    branches = events_to_branches(chosen)
    assert ak.array_equal(branches_to_events(branches), ak.to_packed(chosen))
    assert branches["nPulse"].tolist() == ak.num(chosen.Pulse).to_list()
