"""tglc: compiler and search engine for multi-LLM collaboration graphs."""
