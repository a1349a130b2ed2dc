"""Who does the work: one package a concern, each the same five files."""
