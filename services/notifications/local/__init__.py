"""Mail that stays on this machine: a Maildir, and the pages that show it."""
