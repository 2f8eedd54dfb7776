"""The public interface: event pages, the form, and each registrant's own page."""
