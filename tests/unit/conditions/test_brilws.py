from __future__ import annotations

import time

import numpy as np
import pytest

from bhm_columnar.conditions.brilws import parse_brilcalc
from bhm_columnar.errors import ConditionsError

from .fake_brilcalc import ROWS, TAG, output, row


def test_an_output_as_brilws_writes_it() -> None:
    table = parse_brilcalc(output(*ROWS), "lumi.csv")
    assert table.run.tolist() == [372923, 372923]
    assert table.lumisection.tolist() == [1, 12]
    assert table.fill.tolist() == [9068, 9068]
    assert table.start.tolist() == [1692800000, 1692800256]
    assert table.delivered.tolist() == [0, 160000.792]
    assert table.recorded.tolist() == [0, 154234.862]
    assert table.pileup.tolist() == [0, 40.3]
    assert table.status.tolist() == ["FLAT TOP", "STABLE BEAMS"]


def test_times_of_day_are_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    line = "297050:5839,12:12,06/16/17 20:55:44,STABLE BEAMS,6500,0.160000792,0.154234862,40.3,HFET"
    table = parse_brilcalc(output(line, unit="/pb"), "lumi.csv")
    monkeypatch.undo()
    time.tzset()
    assert table.start.tolist() == [1497646544.0]
    assert table.delivered.tolist() == pytest.approx([160000.792])
    assert table.recorded.tolist() == pytest.approx([154234.862])


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("/b", 1e-6),
        ("/mb", 1e-3),
        ("/ub", 1),
        ("/nb", 1e3),
        ("/pb", 1e6),
        ("/fb", 1e9),
        ("1e33/cm2", 1e3),
        ("hz/ub", 23.31),
        ("hz/nb", 23310),
        ("1e30/cm2s", 23.31),
    ],
)
def test_units(unit: str, factor: float) -> None:
    table = parse_brilcalc(output(row(3, 8.0), unit=unit), "lumi.csv")
    assert table.delivered.tolist() == pytest.approx([8 * factor])
    assert table.recorded.tolist() == pytest.approx([4 * factor])


def test_columns_are_found_by_name() -> None:
    text = (
        "#Data tag : 24v1 , Norm tag: None\n#run:fill,ls,recorded(/nb),time,source,delivered(/ub)\n"
        "372923:9068,12:12,2,1692800256,HFET,5000\r\n#Summary:\n"
    )
    table = parse_brilcalc(text, "lumi.csv")
    assert (table.delivered[0], table.recorded[0], table.status[0]) == (5000, 2000, "")
    assert np.isnan(table.pileup[0])


def test_the_column_of_crossings_is_passed_over_however_long() -> None:
    crossings = " ".join(f"{bx} 123456.123456789 123456.123456789" for bx in range(1, 3565))
    assert len(crossings) > 131072, "longer than what csv takes for a cell"
    text = output(f"{ROWS[1]},[{crossings}]").replace(
        "source\n", "source,[bxidx bxdelivered(/ub) bxrecorded(/ub)]\n"
    )
    assert parse_brilcalc(text, "lumi.csv").delivered.tolist() == [160000.792]


def test_what_comes_behind_the_rows_is_no_row() -> None:
    end = (
        "\nWarning: problems found in merging -i and --normtag selections:\n  runs [1] are not covered by normtag\n\n"
        "#Check JSON:\n#(run,ls) in json but not in results: [(372923, 13), (372923, 14)]\n"
        "#WARN: unknown deadtime while CMS is on\n#372923 [1, 2, 3]\n#372924 [1]\n"
    )
    assert len(parse_brilcalc(output(*ROWS, end=end), "lumi.csv")) == 2
    assert len(parse_brilcalc(output(*ROWS, end=end).replace("#Summary:", "#Summary: "), "lumi.csv")) == 2


def test_no_rows_are_an_empty_table() -> None:
    assert len(parse_brilcalc(output(), "lumi.csv")) == 0
    assert len(parse_brilcalc("\n".join(output().splitlines()[:2]), "lumi.csv")) == 0


def test_rows_are_sorted_by_run_and_lumisection() -> None:
    text = output(row(10, 1, run=372924), row(9, 2), row(2, 3, run=372924), row(10, 4))
    assert parse_brilcalc(text, "lumi.csv").delivered.tolist() == [2, 4, 3, 1]


@pytest.mark.parametrize("is_tagged_first", [True, False])
def test_rows_with_normtag_win(is_tagged_first: bool) -> None:
    plain = output(row(1, 100, status="ADJUST", pileup=1), row(2, 200), row(3, 300))
    tagged = output(row(2, 222, pileup=41), row(4, 444), tag=TAG)
    table = parse_brilcalc(tagged + plain if is_tagged_first else plain + tagged, "lumi.csv")
    assert table.lumisection.tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(table.delivered, [np.nan, 222, np.nan, 444])
    np.testing.assert_array_equal(table.recorded, [np.nan, 111, np.nan, 222])
    np.testing.assert_array_equal(table.pileup, [np.nan, 41, np.nan, 40])
    assert table.status.tolist() == ["ADJUST", "STABLE BEAMS", "STABLE BEAMS", "STABLE BEAMS"]
    assert table.start.tolist() == [1692800000 + 23 * ls for ls in (1, 2, 3, 4)]


def test_a_normtag_that_knows_nothing_leaves_no_luminosity() -> None:
    table = parse_brilcalc(output(row(1, 100)) + output(tag="[['hfet22v1', {}]]"), "lumi.csv")
    assert np.isnan(table.delivered).all()
    assert len(table) == 1


def test_without_any_normtag_values_are_kept() -> None:
    table = parse_brilcalc(output(row(1, 100)) + output(row(2, 200), tag="onlineresult"), "lumi.csv")
    assert table.delivered.tolist() == [100, 200]


def test_the_same_row_twice_is_one_row() -> None:
    # 100.4 /ub has no more decimals in /fb
    text = output(row(1, 100.4)) + output(row(1, 0.0000001), unit="/fb")
    assert parse_brilcalc(text, "lumi.csv").delivered.tolist() == [100.4]


def test_two_rows_that_contradict_each_other() -> None:
    match = (
        r"lumi\.csv: run 372923 lumisection 1 has delivered luminosity 160000 and 170000 /ub; leave out one"
    )
    with pytest.raises(ConditionsError, match=match):
        parse_brilcalc(output(row(1, 160000)) + output(row(1, 170000)), "lumi.csv")


def test_a_summary_that_says_more() -> None:
    match = r"lumi\.csv: the output is cut: it has 2 lumisections, its summary says 7"
    with pytest.raises(ConditionsError, match=match):
        parse_brilcalc(output(*ROWS, nls=7), "lumi.csv")
    with pytest.raises(
        ConditionsError, match=r"output 2 of 2 is cut: it has 2 lumisections, its summary says 1"
    ):
        parse_brilcalc(output(*ROWS) + output(*ROWS, nls=1), "lumi.csv")


def test_summaries_may_be_taken_out_but_all_of_them() -> None:
    bare = output(*ROWS).partition("#Summary")[0]
    assert len(parse_brilcalc(bare, "lumi.csv")) == 2
    assert len(parse_brilcalc(bare + bare, "lumi.csv")) == 2
    with pytest.raises(ConditionsError, match=r"lumi\.csv: output 2 of 2 is cut: it has no #Summary"):
        parse_brilcalc(output(*ROWS) + bare, "lumi.csv")
    with pytest.raises(ConditionsError, match=r"output 2 of 2 is cut"):
        parse_brilcalc(output(*ROWS) + "#Data tag : 24v1 , Norm tag: None\n", "lumi.csv")


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ("372923:9068,12:12,1692800256,STABLE BE", r"lumi\.csv, line 4: a bad row: 4 columns, not 9"),
        (f"{ROWS[1]},1", r"line 4: a bad row: 10 columns, not 9"),
        (ROWS[1].replace("372923:9068", "372923"), r"a bad row: run:fill is '372923', not two numbers"),
        (ROWS[1].replace("12:12", "twelve"), r"a bad row: ls is 'twelve', not two numbers"),
        (ROWS[1].replace("1692800256", "today"), r"time is 'today', neither seconds nor MM/DD/YY HH:MM:SS"),
        (ROWS[1].replace("1692800256", "13/40/17 20:55:44"), r"time is '13/40/17 20:55:44', neither"),
        (ROWS[1].replace("160000.792000000", "1_0"), r"delivered is '1_0', not a number"),
        (ROWS[1].replace("154234.862000000", "inf"), r"recorded is 'inf', not a number"),
        (ROWS[1].replace("40.3", "4.0.3"), r"a bad row: could not convert string to float: '4\.0\.3'"),
        (ROWS[1].replace("HFET", '"HFET'), r"a bad row: unexpected end of data"),
        ("Failed to find data table for the requested time range.", r"a bad row: 1 columns, not 9"),
    ],
)
def test_bad_rows(bad: str, match: str) -> None:
    with pytest.raises(ConditionsError, match=match):
        parse_brilcalc(output(ROWS[0], bad), "lumi.csv")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", r"lumi\.csv: has no header #run:fill,ls,time,\.\.\.; write it with `brilcalc lumi --byls"),
        ("Something else\n", r"lumi\.csv, line 1: a row before the header"),
        (output(*ROWS).replace("/ub", "/acre"), r"line 2: '/acre' is no unit of luminosity; such as /b"),
        (output(*ROWS).replace("(/ub)", ""), r"line 2: '' is no unit of luminosity"),
        (
            "#Data tag : 24v1 , Norm tag: None\n#run:fill,time,nls,ncms,delivered(/ub),recorded(/ub)\n",
            r"line 2: the header has no column ls; write it with `brilcalc lumi --byls --output-style csv`",
        ),
        (output(*ROWS).replace("beamstatus,E(GeV)", "hltpath"), r"holds rows by HLT path, prescaled"),
        (
            "#Data tag : 24v1 , Norm tag: None\n+------+-----+\n| run:fill | ls |\n",
            r"line 2: is a table for people; use `--output-style csv`",
        ),
        (f"{output(*ROWS)}{ROWS[0]}\n", r"line 9: a row behind the summary"),
    ],
)
def test_texts_that_are_no_output(text: str, match: str) -> None:
    with pytest.raises(ConditionsError, match=match):
        parse_brilcalc(text, "lumi.csv")
