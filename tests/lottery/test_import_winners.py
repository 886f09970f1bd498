"""A CSV file of winning tickets: checked whole, uploaded in chunks, resumed, its refusals kept."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Draw, WinningTicket
from models.currencies import DECIMALS
from services.actors import NotAllowed
from services.lottery import import_winners as module
from services.lottery.close_draw import close_draw
from services.lottery.import_winners import BadFileError, import_winners, parse_minor
from services.refusals import RefusalCode
from tests.factories import HouseUnderTest, Scene, a_key, dump, new_id, refused


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "winners.csv"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 3)


def write(path: Path, text: str, encoding: str = "utf-8", mode: str = "w") -> None:
    """Write a file; the tests are coroutines, which should not block on one themselves."""
    with path.open(mode, encoding=encoding, newline="") as file:
        file.write(text)


async def closed(house: HouseUnderTest, scene: Scene, path: Path, count: int = 8) -> None:
    """Sell tickets W-1, W-2, …, close the draw, and write a file in which each of them won."""
    serials = [f"W-{number}" for number in range(1, count + 1)]
    await scene.buys(house, stakes=[1] * count, serials=serials)
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    rows = "".join(f"{serial},{number}.5\n" for number, serial in enumerate(serials, 1))
    write(path, "serial,prize\n" + rows)


async def test_uploads_in_chunks_with_progress(
    house: HouseUnderTest, scene: Scene, path: Path
) -> None:
    await closed(house, scene, path)
    seen: list[tuple[int, int]] = []
    imported = await import_winners(
        house,
        scene.centre,
        scene.draw_id,
        path,
        publish=True,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (imported.rows, imported.taken, imported.refused) == (8, 8, 0)
    assert (imported.refused_path, imported.published) == (None, True)
    assert seen == [(3, 8), (6, 8), (8, 8)]
    prizes = {row.serial: row.prize_minor for row in await WinningTicket.all()}
    assert prizes == {f"W-{number}": number * 100 + 50 for number in range(1, 9)}
    assert (await Draw.get(id=scene.draw_id)).state == "PUBLISHED"


async def test_keeps_the_refused_rows_in_a_file_and_does_not_publish(
    house: HouseUnderTest, scene: Scene, path: Path
) -> None:
    await closed(house, scene, path)
    write(path, "serial,prize\nX-1,7\nW-1,5.00\nW-2,6\nW-1,0.01\nX-2,12.30\n")
    imported = await import_winners(house, scene.centre, scene.draw_id, path, publish=True)
    assert (imported.rows, imported.taken, imported.refused) == (5, 2, 3)
    assert not imported.published
    assert imported.refused_path == path.with_name("winners.refused.csv")
    assert imported.refused_path.read_text().splitlines() == [
        "serial,prize,code",
        "X-1,7.00,UNKNOWN_SERIAL",
        "W-1,0.01,SERIAL_USED",
        "X-2,12.30,UNKNOWN_SERIAL",
    ]
    assert (await Draw.get(id=scene.draw_id)).state == "CLOSED"


async def test_an_interrupted_import_is_resumed(
    house: HouseUnderTest, scene: Scene, path: Path
) -> None:
    await closed(house, scene, path)
    write(path, "X-1,1\n", mode="a")

    def interrupt(done: int, _total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_winners(house, scene.centre, scene.draw_id, path, progress=interrupt)
    assert await WinningTicket.all().count() == 6
    for _ in range(2):
        imported = await import_winners(house, scene.centre, scene.draw_id, path)
        assert (imported.rows, imported.taken, imported.refused) == (9, 8, 1)
        assert imported.refused_path is not None
        assert len(imported.refused_path.read_text().splitlines()) == 2
    assert await WinningTicket.all().count() == 8


async def test_a_file_that_came_too_early_may_come_again(
    house: HouseUnderTest, scene: Scene, path: Path
) -> None:
    await scene.buys(house, serials=["W-1"])
    write(path, "serial,prize\nW-1,5\n")
    for _ in range(3):
        async with refused(house, RefusalCode.DRAW_NOT_CLOSED, "drawId"):
            await import_winners(house, scene.centre, scene.draw_id, path)
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    imported = await import_winners(house, scene.centre, scene.draw_id, path)
    assert imported.taken == 1


async def test_one_file_may_serve_two_draws(
    house: HouseUnderTest, scene: Scene, path: Path
) -> None:
    write(path, "serial,prize\n")
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    imported = await import_winners(house, scene.centre, scene.draw_id, path, publish=True)
    assert imported.published


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "row 1: the columns must be serial,prize"),
        ("serial;prize\nW-1;5\n", "row 1: the columns must be serial,prize"),
        ("prize,serial\n5,W-1\n", "row 1: the columns must be serial,prize"),
        ("serial,prize\nW-1,5\nW-2\n", "row 3: 1 cells in place of 2"),
        ("serial,prize\nW-1,5,6\n", "row 2: 3 cells in place of 2"),
        ("serial,prize\n\nW-1,5\n", "row 2: 0 cells in place of 2"),
        ("serial,prize\n,5\n", "row 2: '' is no serial"),
        ("serial,prize\n W-1,5\n", "row 2: ' W-1' is no serial"),
        ("serial,prize\n" + "W" * 65 + ",5\n", "is no serial"),
        ("serial,prize\nW-1,5.001\n", "row 2: '5.001' has more than the 2 decimals of CNY"),
        ("serial,prize\nW-1,0.00\n", "row 2: a prize is above zero"),
        ("serial,prize\nW-1,1e3\n", "row 2: '1e3' is no amount"),
        ('serial,prize\n"W-1,5\n', "the file cannot be read"),
        ("serial,prize\nW-1,5\nW-2,x\nW-3,y\n", "row 3: 'x' is no amount, such as 12.50\nrow 4"),
    ],
)
async def test_a_malformed_file_uploads_nothing(
    house: HouseUnderTest, scene: Scene, path: Path, text: str, fault: str
) -> None:
    await closed(house, scene, path)
    write(path, text)
    before = await dump()
    with pytest.raises(BadFileError) as caught:
        await import_winners(house, scene.centre, scene.draw_id, path, publish=True)
    assert fault in str(caught.value)
    assert await dump() == before


async def test_a_file_in_another_encoding_uploads_nothing(
    house: HouseUnderTest, scene: Scene, path: Path
) -> None:
    await closed(house, scene, path)
    write(path, "serial,prize\n彩票,5\n", "gb18030")
    with pytest.raises(BadFileError, match="cannot be read"):
        await import_winners(house, scene.centre, scene.draw_id, path)
    write(path, "serial,prize\r\nW-1,5\r\n", "utf-8-sig")  # as spreadsheets save it
    assert (await import_winners(house, scene.centre, scene.draw_id, path)).taken == 1


async def test_tells_a_bounded_number_of_faults(
    house: HouseUnderTest, scene: Scene, path: Path
) -> None:
    write(path, "serial,prize\n" + "W-1,?\n" * 1000)
    with pytest.raises(BadFileError) as caught:
        await import_winners(house, scene.centre, scene.draw_id, path)
    assert len(caught.value.faults) == 20


async def test_refuses_others(house: HouseUnderTest, scene: Scene, path: Path) -> None:
    await closed(house, scene, path)
    with pytest.raises(NotAllowed):
        await import_winners(house, scene.operator, scene.draw_id, path)
    async with refused(house, RefusalCode.NOT_FOUND, "drawId"):
        await import_winners(house, scene.centre, new_id(), path)


@given(st.integers(1, 10**13), st.sampled_from(sorted(DECIMALS)))
def test_amounts_are_read_exactly(amount_minor: int, currency: str) -> None:
    decimals = DECIMALS[currency]
    digits = str(amount_minor).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    assert parse_minor(text, currency) == amount_minor


@given(st.text(alphabet="0123456789.,-+eE _٣", max_size=12))
def test_what_is_read_is_a_plain_decimal(text: str) -> None:
    try:
        amount_minor = parse_minor(text, "CNY")
    except ValueError:
        return
    whole, _, fraction = text.partition(".")
    assert (whole + fraction).isascii()
    assert (whole + fraction).isdigit()
    assert amount_minor == int(whole) * 100 + int(fraction.ljust(2, "0") or 0) > 0


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "+1", "01", "1.", ".5", "1,000", "1e2", " 1", "1_0", "٣", "NaN", "1" * 16],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|zero"):
        parse_minor(text, "CNY")
