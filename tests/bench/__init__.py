"""`make bench`: what the product costs, beside the least that such work could cost, measured in turn."""
