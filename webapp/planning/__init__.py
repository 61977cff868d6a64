"""Planning: who visits which site when, in which modes, and who takes which clauses there."""
