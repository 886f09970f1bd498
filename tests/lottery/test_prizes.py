"""What is withheld and what is paid always make up the prize."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.lottery.prizes import PrizeTerms

AMOUNTS = st.integers(1, 10**15)


@given(AMOUNTS, st.integers(0, 10**9), st.integers(0, 10_000))
def test_the_split_is_exact(prize_minor: int, tax_from_minor: int, basis_points: int) -> None:
    tax_minor = PrizeTerms(tax_from_minor, basis_points, 0).tax_minor(prize_minor)
    assert 0 <= tax_minor < prize_minor  # something is always left to pay
    if tax_minor == prize_minor - 1:
        assert prize_minor * basis_points >= (prize_minor - 1) * 10_000 - 5_000
    elif prize_minor <= tax_from_minor:
        assert tax_minor == 0
    else:
        off = tax_minor - Fraction(prize_minor * basis_points, 10_000)
        assert Fraction(-1, 2) < off <= Fraction(1, 2)  # to the nearest, halves upwards


@given(AMOUNTS, st.integers(1, 1000), st.integers(0, 10_000))
def test_a_higher_prize_is_not_taxed_less(prize_minor: int, more: int, basis_points: int) -> None:
    terms = PrizeTerms(10_000_00, basis_points, 0)
    assert terms.tax_minor(prize_minor) <= terms.tax_minor(prize_minor + more)


@pytest.mark.parametrize(
    ("prize_minor", "tax_minor"),
    [
        (1, 0),
        (10_000_00, 0),
        (10_000_01, 2_000_00),
        (10_000_03, 2_000_01),
        (500_000_00, 10_000_000),
    ],
)
def test_the_law_today(prize_minor: int, tax_minor: int) -> None:
    assert PrizeTerms(10_000_00, 2000, 0).tax_minor(prize_minor) == tax_minor
