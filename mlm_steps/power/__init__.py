"""Power and planning: which study is large enough for a declared test (statistics, section 16)."""
