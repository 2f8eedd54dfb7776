"""How answers to invitations arrive: from a mailbox, a folder or by POST."""
