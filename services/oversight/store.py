"""Every query of oversight."""
