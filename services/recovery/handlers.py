"""What recovery does with each message: nothing yet beyond keeping standings."""
