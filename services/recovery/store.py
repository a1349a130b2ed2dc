"""Every query of recovery."""
