"""Consolidation 汇总: all visits become one score and one level, disputes are settled, versions frozen."""
