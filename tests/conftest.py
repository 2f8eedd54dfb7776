"""What all tests share."""

from hypothesis import settings

settings.register_profile("placecard", deadline=None)  # timing decides no test
settings.load_profile("placecard")
