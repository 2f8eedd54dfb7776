"""Handlers of the tests are leased unless a test asks for both ways."""

import pytest

from tests.support.messaging_world import World


@pytest.fixture(autouse=True)
def leased(request: pytest.FixtureRequest, world: World) -> None:
    """Handlers are leased, or not, as `in_both_ways` asks."""
    world.leased = getattr(request, "param", True)
