from __future__ import annotations

import pytest

from bhm_columnar.report.tables import Table, count, number, percent, with_errors, word, write_counts


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((34.327, 33.913, 34.747), "34.33 ± 0.42"),
        ((3.0, 1.37, 5.92), "3.0 −1.6 +2.9"),
        ((0.0, 0.0, 1.84), "0.0 −0.0 +1.8"),
        ((-2.5, -2.7, -2.3), "−2.50 ± 0.20"),
        ((12345.6, 12200.0, 12500.0), "12,346 ± 150"),
    ],
)
def test_a_value_is_written_to_two_figures_of_its_error(
    numbers: tuple[float, float, float], text: str
) -> None:
    assert with_errors(*numbers) == text


def test_counts_are_whole_and_their_errors_are_those_of_poisson() -> None:
    assert write_counts(6863) == "6,863 ± 83"
    assert write_counts(0) == "0 −0.0 +1.8"
    assert write_counts(3) == "3 −1.6 +2.9"


def test_numbers_have_true_minus_signs_and_zero_has_none() -> None:
    assert number(-3.21, "+.1f").text == "−3.2"
    assert number(-0.001, "+.1f").text == "0.0"
    assert number(-0.001, "+.1f").sort == -0.001
    assert number(None).text == "–"
    assert count(None).sort is None
    assert percent(1, 0).text == "–"


def test_a_row_has_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="runs: 1 cells for 2 columns"):
        Table("runs", ("run", "fill"), ((word("1"),),))
