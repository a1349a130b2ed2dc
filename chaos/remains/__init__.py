"""What is left after a run, read from files, databases, queues and logs as plain values."""
