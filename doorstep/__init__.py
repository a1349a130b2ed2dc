"""The command `doorstep`: bring the parts up, look at them, take them down."""
