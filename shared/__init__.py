"""What the services share: the message contracts, and the plumbing under them."""
