"""A sales platform's payment instruction: paid exactly, or refused for exactly one reason."""

from tests.factories import a_scene, house_on, lines_of


async def test_pays(database_url: str) -> None:
    async with house_on(database_url) as house:
        scene = await a_scene(house)
        bought = await scene.buys(house, stakes=[2_00, 3_00])
        assert await lines_of(bought["transaction"]["id"]) == {
            scene.account_id: -5_00,
            scene.platform_id: 5_00,
        }
