"""The notation of formulas and expressions: tokens, positions, and faults with a caret under the place."""
