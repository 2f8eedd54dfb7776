"""Answers to invitations, as they arrive: `imap` and `maildir` read mailboxes, `post` takes mails one by one."""
