"""Mail kept on this machine: a Maildir, and the pages that show it."""
