"""Answers to invitations as they arrive: from a mailbox, a folder or by POST."""
