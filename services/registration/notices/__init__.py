"""The notices that people are sent, and the links in them."""
