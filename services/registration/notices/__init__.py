"""What people are sent, and the links in it."""
