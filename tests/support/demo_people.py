"""People of the demo event: what they answer, and the types of the fixtures that register them."""

from collections.abc import Callable
from uuid import UUID

DEMO = "pbsc-learning"
IN_COMMUNITY = {"organisation_type": "charity", "interests": ["community_of_practice"], "stage": "connection"}
Register = Callable[..., UUID]
OwnPage = Callable[[UUID], str]
