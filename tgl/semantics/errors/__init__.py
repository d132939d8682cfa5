"""Facts that are wrong with a program, as diagnostics: one function for each code."""
