"""Tracks that were made up: honest phones in bad places, and phones that lie."""
