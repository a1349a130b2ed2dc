"""Who works while things break: crews with phones, and what they write down."""
