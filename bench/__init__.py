"""What it costs, beside what the same machine could do at best, in the same run."""
